/* Values in double precision, to the bit those of Scoring.exact in geometry/similarity.py. */

static void *aligned(size_t bytes)
{
    void *memory = NULL;
    return posix_memalign(&memory, 64, bytes ? bytes : 64) ? NULL : memory;
}

/* NumPy's order of addition: eight sums side by side, in blocks of at most 128 that are added in pairs.
 * Products are rounded before they are added (the file is compiled with -ffp-contract=off). */
#define PAIRWISE(NAME, TYPE, TARGET_)                                                                           \
    INLINE double NAME##_block(const TYPE *a, const double *b, long n)                                    \
    {                                                                                                     \
        double sum[8];                                                                                    \
        long i;                                                                                           \
        if (n < 8) {                                                                                      \
            double all = 0;                                                                               \
            for (i = 0; i < n; i++)                                                                       \
                all += (double)a[i] * b[i];                                                               \
            return all;                                                                                   \
        }                                                                                                 \
        for (int j = 0; j < 8; j++)                                                                       \
            sum[j] = (double)a[j] * b[j];                                                                 \
        for (i = 8; i + 8 <= n; i += 8)                                                                   \
            for (int j = 0; j < 8; j++)                                                                   \
                sum[j] += (double)a[i + j] * b[i + j];                                                    \
        double all = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));   \
        for (; i < n; i++)                                                                                \
            all += (double)a[i] * b[i];                                                                   \
        return all;                                                                                       \
    }                                                                                                     \
    TARGET_ static double NAME(const TYPE *a, const double *b, long n)                                          \
    {                                                                                                     \
        if (n <= 128)                                                                                     \
            return NAME##_block(a, b, n);                                                                 \
        long half = n / 2 - n / 2 % 8;                                                                    \
        double first = NAME(a, b, half);                                                                  \
        return first + NAME(a + half, b + half, n - half);                                                \
    }

PAIRWISE(pairwise, double, )
PAIRWISE(pairwise_raw, float, )
#ifdef X86
PAIRWISE(pairwise_avx2, double, AVX2)
PAIRWISE(pairwise_raw_avx2, float, AVX2)
#endif

typedef double (*dot_double)(const double *, const double *, long);
typedef double (*dot_float)(const float *, const double *, long);

static double largest_of(const double *v, long n)
{
    double largest = 0;
    for (long i = 0; i < n; i++)
        if (fabs(v[i]) > largest)
            largest = fabs(v[i]);
    return largest;
}

/* The length of a vector, without over- or underflow. */
static double length_of(double *v, long n)
{
    double largest = largest_of(v, n);
    int exponent = 0;
    if (largest > 0)
        frexp(largest, &exponent);
    int far = exponent < -100 || exponent > 100;
    if (far) /* a power of two changes no digit */
        for (long i = 0; i < n; i++)
            v[i] = ldexp(v[i], -exponent);
    double length = sqrt(pairwise(v, v, n));
    if (far) {
        length = ldexp(length, exponent);
        for (long i = 0; i < n; i++)
            v[i] = ldexp(v[i], exponent);
    }
    return length;
}

/* A query in double precision; its length. */
static double read_query(const job *j, long q, double *v)
{
    if (j->doubles)
        memcpy(v, (const double *)j->queries + q * j->d, j->d * sizeof *v);
    else
        for (long i = 0; i < j->d; i++)
            v[i] = ((const float *)j->queries)[q * j->d + i];
    return length_of(v, j->d);
}

/* The value of a row for a query, which is of unit length if the ranking wants it so. */
INLINE double exact_with(dot_double dot, dot_float dot_raw, const job *j, const ranking *r, const double *v,
                         long row, double *e)
{
    const float *raw = j->rows + row * j->d;
    if (r->kind == PLAIN) {
        double value = dot_raw(raw, v, j->d);
        return r->after ? value * r->after[row] : value;
    }
    if (r->kind == SHIFTED) {
        double by = r->before ? r->before[row] : 1;
        for (long i = 0; i < j->d; i++)
            e[i] = (double)raw[i] * by - r->shift[i];
        return dot(e, v, j->d) * r->after[row];
    }
    for (long i = 0; i < j->d; i++)
        e[i] = (double)raw[i] - v[i];
    if (r->shift)
        for (long i = 0; i < j->d; i++)
            e[i] -= r->shift[i];
    double largest = largest_of(e, j->d);
    if (largest == 0)
        largest = 1;
    for (long i = 0; i < j->d; i++)
        e[i] /= largest;
    return -(largest * sqrt(dot(e, e, j->d)));
}

__attribute__((unused)) static double exact(const job *j, const ranking *r, const double *v, long row, double *e)
{
    return exact_with(pairwise, pairwise_raw, j, r, v, row, e);
}

#ifdef X86
AVX2 static double exact_avx2(const job *j, const ranking *r, const double *v, long row, double *e)
{
    return exact_with(pairwise_avx2, pairwise_raw_avx2, j, r, v, row, e);
}
#endif
