/* Products of a few queries with a few rows, and which of them pass; for one instruction set.
 *
 * Included once for each, with these macros:
 *   NAME(x)       the name of x for this set       TARGET       the function attribute
 *   VEC, LANES    floats, how many                 WORDS        as many 32-bit words
 *   QUERIES       in a tile; its rows are 2 LANES
 *   LOAD, STORE, SPREAD, SUB, MUL, FMA, SUM        of floats; the last of all lanes
 *   LOAD_WORDS, SPREAD_WORD                        of words
 *   MULTIPLY_ADD(x, y, sum)                        of words: a float each, or two bfloat16
 *   AT_LEAST(x, y)                                 a bit for each lane with x >= y; none for NaN
 *   TILE_ONLY                                      the rest is another's of the same registers
 */

#define ROWS (2 * LANES)

/* c[QUERIES][ROWS] (+)= Σ_w a[w][QUERIES] b[w][ROWS] */
TARGET static void NAME(multiply)(const uint32_t *a, const uint32_t *b, long words, float *c, int more)
{
    VEC sum[QUERIES][2];
    UNROLL for (int i = 0; i < QUERIES; i++) {
        sum[i][0] = more ? LOAD(c + i * ROWS) : SPREAD(0.0f);
        sum[i][1] = more ? LOAD(c + i * ROWS + LANES) : SPREAD(0.0f);
    }
    for (long w = 0; w < words; w++, a += QUERIES, b += ROWS) {
        WORDS b0 = LOAD_WORDS(b), b1 = LOAD_WORDS(b + LANES);
        __builtin_prefetch(b + 8 * ROWS);
        UNROLL for (int i = 0; i < QUERIES; i++) {
            WORDS x = SPREAD_WORD(a + i);
            sum[i][0] = MULTIPLY_ADD(x, b0, sum[i][0]);
            sum[i][1] = MULTIPLY_ADD(x, b1, sum[i][1]);
        }
    }
    UNROLL for (int i = 0; i < QUERIES; i++) {
        STORE(c + i * ROWS, sum[i][0]);
        STORE(c + i * ROWS + LANES, sum[i][1]);
    }
}

#ifndef TILE_ONLY
/* Offer what passes of a tile c[queries][ROWS], of queries q and on and of a panel of rows. */
TARGET INLINE void NAME(sift_with)(search *x, const panel *p, const float *c, long q, int queries)
{
    for (int s = 0; s < x->rankings; s++) {
        const float *factor = p->factor[s], *slack = p->slack[s];
        VEC f0 = LOAD(factor), f1 = LOAD(factor + LANES), e0 = LOAD(slack), e1 = LOAD(slack + LANES);
        const float *offset = x->offset + s * x->padded + q;
        _Atomic float *least = x->least + s * x->padded + q;
        for (int i = 0; i < queries; i++, c += ROWS) {
            VEC t = SPREAD(atomic_load_explicit(least + i, memory_order_relaxed)), o = SPREAD(offset[i]);
            VEC u0 = FMA(SUB(LOAD(c), o), f0, e0), u1 = FMA(SUB(LOAD(c + LANES), o), f1, e1);
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

TARGET static void NAME(sift)(search *x, const panel *p, const float *c, long q, int queries)
{
    if (queries == QUERIES) /* a loop whose length is known is faster by a hundredth of the whole */
        NAME(sift_with)(x, p, c, q, QUERIES);
    else
        NAME(sift_with)(x, p, c, q, queries);
}

#include "few.h"
#endif

#undef ROWS
#undef NAME
#undef TARGET
#undef VEC
#undef LANES
#undef WORDS
#undef QUERIES
#undef LOAD
#undef STORE
#undef SPREAD
#undef SUB
#undef MUL
#undef SUM
#undef FMA
#undef LOAD_WORDS
#undef SPREAD_WORD
#undef MULTIPLY_ADD
#undef AT_LEAST
#undef TILE_ONLY
