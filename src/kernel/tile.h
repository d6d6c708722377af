/* Products of a few queries with a few rows, and which of them pass; for one instruction set.
 *
 * Included once for each, with these macros:
 *   NAME(x)       the name of x for this set       TARGET       the function attribute
 *   VEC, LANES    floats, how many                 WORDS        as many 32-bit words
 *   QUERIES       in a tile; its rows are 2 LANES
 *   LOAD, STORE, SPREAD, ADD, SUB, MUL, FMA, SUM   of floats; the last of all lanes
 *   LOAD_WORDS, SPREAD_WORD                        of words
 *   SUMS, NOTHING, FLOATS_OF                       of sums of their products: the type, zero, as floats
 *   MULTIPLY_ADD(x, y, sum)                        of words, in the path's form
 *   AT_LEAST(x, y)                                 a bit for each lane with x >= y; none for NaN
 *   TILE_ONLY                                      the rest is another's of the same registers
 *   SAME_REGISTERS_NEXT                            VEC, LANES, QUERIES and what floats need stay for the next
 */

#define ROWS (2 * LANES)

/* c[QUERIES][ROWS] (+)= Σ_w a[w][QUERIES] b[w][ROWS] */
TARGET static void NAME(multiply)(const uint32_t *a, const uint32_t *b, long words, float *c, int more)
{
    SUMS sum[QUERIES][2];
    UNROLL for (int i = 0; i < QUERIES; i++)
        sum[i][0] = sum[i][1] = NOTHING;
    for (long w = 0; w < words; w++, a += QUERIES, b += ROWS) {
        WORDS b0 = LOAD_WORDS(b), b1 = LOAD_WORDS(b + LANES);
        __builtin_prefetch(b + 8 * ROWS);
        UNROLL for (int i = 0; i < QUERIES; i++) {
            WORDS x = SPREAD_WORD(a + i);
            sum[i][0] = MULTIPLY_ADD(x, b0, sum[i][0]);
            sum[i][1] = MULTIPLY_ADD(x, b1, sum[i][1]);
        }
    }
    UNROLL for (int i = 0; i < QUERIES; i++)
        UNROLL for (int half = 0; half < 2; half++) {
            float *to = c + i * ROWS + half * LANES;
            VEC here = FLOATS_OF(sum[i][half]);
            STORE(to, more ? ADD(here, LOAD(to)) : here);
        }
}

#ifndef TILE_ONLY
/* Offer what passes of a tile c[queries][ROWS], of queries q and on and of a panel of rows. */
TARGET INLINE void NAME(sift_with)(search *x, const panel *p, const float *c, long q, int queries, int integers)
{
    VEC unit0 = LOAD(p->unit), unit1 = LOAD(p->unit + LANES);
    for (int s = 0; s < x->rankings; s++) {
        const float *factor = p->factor[s], *slack = p->slack[s];
        VEC f0 = LOAD(factor), f1 = LOAD(factor + LANES), e0 = LOAD(slack), e1 = LOAD(slack + LANES);
        const float *offset = x->offset + s * x->padded + q;
        _Atomic float *least = x->least + s * x->padded + q;
        for (int i = 0; i < queries; i++, c += ROWS) {
            VEC t = SPREAD(atomic_load_explicit(least + i, memory_order_relaxed)), o = SPREAD(offset[i]);
            VEC c0 = LOAD(c), c1 = LOAD(c + LANES);
            if (integers) {
                VEC unit = SPREAD(x->unit[q + i]);
                c0 = MUL(c0, MUL(unit, unit0)), c1 = MUL(c1, MUL(unit, unit1));
            }
            VEC u0 = FMA(SUB(c0, o), f0, e0), u1 = FMA(SUB(c1, o), f1, e1);
            uint32_t hits = AT_LEAST(u0, t) | AT_LEAST(u1, t) << LANES;
            if (__builtin_expect(hits != 0, 0)) {
                float upper[ROWS];
                STORE(upper, u0);
                STORE(upper + LANES, u1);
                offer_all(x, s, q + i, p, upper, hits);
            }
        }
        c -= queries * ROWS;
    }
}

/* A loop whose length is known is faster by a hundredth of the whole. */
TARGET static void NAME(sift)(search *x, const panel *p, const float *c, long q, int queries)
{
    if (queries == QUERIES)
        NAME(sift_with)(x, p, c, q, QUERIES, 0);
    else
        NAME(sift_with)(x, p, c, q, queries, 0);
}

TARGET __attribute__((unused)) static void NAME(sift_integers)(search *x, const panel *p, const float *c, long q, int queries)
{
    if (queries == QUERIES)
        NAME(sift_with)(x, p, c, q, QUERIES, 1);
    else
        NAME(sift_with)(x, p, c, q, queries, 1);
}

#include "few.h"
#endif

#undef ROWS
#undef NAME
#undef TARGET
#undef WORDS
#undef LOAD_WORDS
#undef SPREAD_WORD
#undef SUMS
#undef NOTHING
#undef FLOATS_OF
#undef MULTIPLY_ADD
#undef TILE_ONLY

#ifndef SAME_REGISTERS_NEXT
#undef VEC
#undef LANES
#undef QUERIES
#undef LOAD
#undef STORE
#undef SPREAD
#undef ADD
#undef SUB
#undef MUL
#undef SUM
#undef FMA
#undef AT_LEAST
#endif
#undef SAME_REGISTERS_NEXT
