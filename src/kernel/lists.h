/* How alike the rows of a list are: to the bit what geometry/coherence.py computes in NumPy. */

typedef struct {
    const float *rows;        /* n x d, d at least 2 */
    int64_t d;
    const float *scale;       /* n: what rows are multiplied by */
    const double *mean;       /* d */
    const int64_t *ids;       /* lists of `length` rows */
    int64_t length;
    const int64_t *ks;        /* `count` lengths, ascending, the last no more than `length` */
    int64_t count;
    const double *weight;     /* lists x count: how often the mean is subtracted */
    double *squares;          /* lists x count, results */
} lists;

/* |sum of the first k scaled rows - weight mean|^2, for every k. */
INLINE void cohere_with(dot_double dot, const lists *l, long q, float *part, double *sum, double *off)
{
    const int64_t *ids = l->ids + q * l->length;
    long d = l->d, done = 0;
    for (long i = 0; i < d; i++)
        sum[i] = 0;
    for (long p = 0; p < l->count; p++) {
        for (long first = done; done < l->ks[p]; done++) {
            const float *row = l->rows + ids[done] * d;
            float by = l->scale[ids[done]];
            if (done + 1 < l->length)
                __builtin_prefetch(l->rows + ids[done + 1] * d);
            if (done == first)
                for (long i = 0; i < d; i++)
                    part[i] = row[i] * by;
            else
                for (long i = 0; i < d; i++)
                    part[i] += row[i] * by;
        }
        double weight = l->weight[q * l->count + p];
        for (long i = 0; i < d; i++) {
            sum[i] = (double)part[i] + sum[i];
            off[i] = sum[i] - weight * l->mean[i];
        }
        l->squares[q * l->count + p] = dot(off, off, d);
    }
}

static void cohere(const lists *l, long q, float *part, double *sum, double *off)
{
    cohere_with(pairwise, l, q, part, sum, off);
}

#ifdef X86
AVX2 static void cohere_avx2(const lists *l, long q, float *part, double *sum, double *off)
{
    cohere_with(pairwise_avx2, l, q, part, sum, off);
}
#endif

/* For the lists from `low` to `high`. */
API int tokensphere_cohere(const lists *l, int64_t low, int64_t high)
{
    float *part = aligned(l->d * sizeof *part);
    double *sum = aligned(l->d * sizeof *sum), *off = aligned(l->d * sizeof *off);
    int ok = part && sum && off;
    void (*of)(const lists *, long, float *, double *, double *) = cohere;
#ifdef X86
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        of = cohere_avx2;
#endif
    for (long q = low; ok && q < high; q++)
        of(l, q, part, sum, off);
    free(part), free(sum), free(off);
    return ok ? OK : NO_MEMORY;
}
