/* Products of few queries with rows where they lie: to pack these would take longer than the products.
 *
 * Included once for each instruction set, with the macros of tile.h. A vector holds columns of a row;
 * queries are [words / LANES][FEW][LANES], so that each is read once for two rows.
 */

/* Of two rows the products c[queries][ROWS] with some queries, and the sums of their squares. */
TARGET INLINE void NAME(couple_with)(const search *x, const couple *two, const float *a, float *c,
                                     double *all, int queries, int shifted)
{
    const float *shift = x->job.shift;
    const char *ahead = (const char *)two->raw[0] + AHEAD;
    long whole = x->job.d / LANES, vectors = x->words / LANES;
    VEC sum[FEW][2], squares[2];
    VEC scale[2] = {SPREAD(two->scale[0]), SPREAD(two->scale[1])};
    VEC weight[2] = {SPREAD(two->weight[0]), SPREAD(two->weight[1])};
    UNROLL for (int r = 0; r < 2; r++) {
        squares[r] = SPREAD(0.0f);
        UNROLL for (int i = 0; i < queries; i++)
            sum[i][r] = SPREAD(0.0f);
    }
    for (long v = 0; v < vectors; v++, a += FEW * LANES) {
        VEC row[2];
        UNROLL for (int r = 0; r < 2; r++) {
            if (r * sizeof(VEC) % LINE == 0) /* into the second-level cache, which took half of the time */
                __builtin_prefetch(ahead + (2 * v + r) * sizeof(VEC), 0, 2);
            if (v < whole) {
                row[r] = MUL(LOAD(two->raw[r] + v * LANES), scale[r]);
                if (shifted)
                    row[r] = MUL(SUB(row[r], LOAD(shift + v * LANES)), weight[r]);
            } else {
                row[r] = LOAD(two->tail[r]);
            }
            squares[r] = FMA(row[r], row[r], squares[r]);
        }
        UNROLL for (int i = 0; i < queries; i++) {
            VEC query = LOAD(a + i * LANES);
            sum[i][0] = FMA(query, row[0], sum[i][0]);
            sum[i][1] = FMA(query, row[1], sum[i][1]);
        }
    }
    UNROLL for (int r = 0; r < 2; r++) {
        all[r] = SUM(squares[r]);
        UNROLL for (int i = 0; i < queries; i++)
            c[i * ROWS + r] = SUM(sum[i][r]);
    }
}

#define COUPLE_OF(QUERIES_, SHIFTED_)                                                                     \
    TARGET static void NAME(couple_##QUERIES_##SHIFTED_)(const search *x, const couple *two, const float *a, \
                                                         float *c, double *all)                           \
    {                                                                                                     \
        NAME(couple_with)(x, two, a, c, all, QUERIES_, SHIFTED_);                                         \
    }

COUPLE_OF(1, 0) COUPLE_OF(2, 0) COUPLE_OF(3, 0) COUPLE_OF(4, 0)
COUPLE_OF(1, 1) COUPLE_OF(2, 1) COUPLE_OF(3, 1) COUPLE_OF(4, 1)

/* Tiles c[FEW][ROWS] of all queries with the rows from p->first on, at most to `high`. */
TARGET static void NAME(few)(const search *x, long high, panel *p, bound b, float *c)
{
    void (*const of[2][FEW])(const search *, const couple *, const float *, float *, double *) = {
        {NAME(couple_10), NAME(couple_20), NAME(couple_30), NAME(couple_40)},
        {NAME(couple_11), NAME(couple_21), NAME(couple_31), NAME(couple_41)},
    };
    for (int r = 0; r < ROWS; r += 2) {
        couple two;
        double all[2];
        int there[2] = {is_there(x, high, p, r), is_there(x, high, p, r + 1)};
        if (!there[0] && !there[1]) /* factors that are NaN: nothing passes, whatever the products are */
            continue;
        for (int s = 0; s < 2; s++)
            take_row(x, &two, s, p->first + r + (there[s] ? s : !s), LANES);
        for (long q = 0; q < x->job.m; q += FEW) {
            long here = x->job.m - q < FEW ? x->job.m - q : FEW;
            const float *a = (const float *)x->queries + q * x->words;
            of[x->job.shift != NULL][here - 1](x, &two, a, c + q * ROWS + r, all);
        }
        for (int s = 0; s < 2; s++)
            if (there[s])
                weigh(x, p, r + s, (squares){upwards(all[s], x->words), 0, 1}, b);
    }
}

#undef COUPLE_OF
