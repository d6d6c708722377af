/* Exact search for the k best rows of many queries, faster than the float32 product.
 *
 * The product only chooses candidates: each is known up to a bound, and what may be among the k best is
 * computed again in double precision from the raw rows. Nothing of the size rows x queries is written.
 * docs/exact-search.md has the bound and its proof; geometry/compiled.py is the caller.
 *
 * A call works on a part of the rows or queries, so that several threads can share one search.
 */

#define _GNU_SOURCE /* syscall */
#if defined(__x86_64__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define X86 1
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#include <float.h>
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define AVX512INT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,avx512vnni")))
#define AVX512BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,avx512bf16")))
#define AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,amx-tile,amx-bf16")))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

enum { VERSION = 4, MOST_RANKINGS = 4, MOST_ROWS = 32, SPARE = 64, OK = 0, NO_MEMORY = 1, TOO_FEW = 2 };
enum { FEW = 4, MOST_LANES = 16, LINE = 64, AHEAD = 12288 }; /* of few.h; the last two in bytes */
enum usable { TAKEN = 1, SLOW };
enum kind { PLAIN, SHIFTED, EUCLIDEAN };
enum form { SINGLES, HALVES, SHORTS }; /* of a word: one float32, two bfloat16, two 16-bit integers */

/* What is ranked: value_ij = (p_ij - <offset, q_j>) factor_i, p_ij the product of prepared row and query. */
typedef struct {
    const float *factor;      /* n; 1 if NULL */
    const double *offset;     /* d; 0 if NULL */
    const uint8_t *usable;    /* n: rows that can be found */
    int64_t k;
    /* The exact value, from raw row e and query v (of unit length if `unit_query`). */
    int32_t kind;             /* <e, v> before; <before e - shift, v> after; -|e - v - shift| */
    int32_t unit_query;
    const double *before, *after; /* n; 1 if NULL */
    const double *shift;      /* d; 0 if NULL */
    int64_t *ids;             /* m x k, results */
    double *values;
} ranking;

typedef struct {
    const float *rows;        /* n x d */
    int64_t n, d;
    /* The prepared row: (scale_i e_i - shift) weight_i, and one more column `extra`. */
    const float *scale, *weight, *shift, *extra; /* or NULL: 1, 1, 0, and none */
    const double *origin;     /* d: what is subtracted from queries before they are prepared; or NULL */
    const void *queries;      /* m x d */
    int64_t m;
    int32_t doubles;          /* the queries are float64, else float32 */
    int32_t rankings;
    double unit;              /* what counts as 1 in the extra column */
    const ranking *ranking;
} job;

typedef struct {
    float upper;              /* its value is at most this */
    int32_t row;
} candidate;

typedef struct {
    atomic_flag lock;
    int32_t count, capacity;
    candidate *found;
    float *best;              /* a heap of the k largest lower bounds; best[0] is the least of them */
} selection;

typedef struct {
    double residual, norm;    /* of the prepared query: what rounding it took away, and its length */
    double length;            /* of the query itself */
} prepared;

struct path;

typedef struct {
    job job;
    const struct path *path;
    int rankings;
    long words;               /* of a row, in the path's form */
    long padded;              /* queries, in whole tiles */
    uint32_t *queries;        /* tiles of [words][queries of a tile], or as the path has it */
    prepared *prepared;       /* m */
    float *unit;              /* padded: what 1 is worth in a query's integers */
    float *offset;            /* rankings x padded */
    _Atomic float *least;     /* rankings x padded: an upper bound below it cannot be among the best */
    selection *selections;    /* rankings x m */
    float *heaps;
    long panels, tiles;       /* that are multiplied together */
    _Atomic(void *) spare[SPARE]; /* rooms of calls that have ended, for the next ones */
    atomic_int failed;
} search;

/* Some rows, as many as a tile has. */
typedef struct {
    long first;
    float unit[MOST_ROWS];                  /* what 1 is worth in a row's integers */
    float factor[MOST_RANKINGS][MOST_ROWS]; /* NaN where a row cannot be found */
    float slack[MOST_RANKINGS][MOST_ROWS];  /* how far a value may be off */
} panel;

static long rounded(long x, long step)
{
    return (x + step - 1) / step * step;
}

/* What holds for all queries: see docs/exact-search.md. */
typedef struct {
    double norm, residual;    /* of the longest prepared query, and of the worst rounded */
    double rounding;          /* of the product, in units of the row's terms */
    double small;             /* of subnormal numbers taken for zero; of distances in double precision */
    double shift;             /* length of what is subtracted from rows */
    double offset[MOST_RANKINGS];
} bound;

typedef struct path {
    const char *name;
    int queries, rows;        /* of a tile */
    enum form form;           /* of a word */
    int step;                 /* words of a row are a multiple of it */
    long block;               /* bytes of packed rows that stay in the second-level cache */
    void (*multiply)(const uint32_t *, const uint32_t *, long, float *, int);
    void (*sift)(search *, const panel *, const float *, long, int);
    void (*pack_rows)(const search *, long, panel *, uint32_t *, bound, float *);
    double (*exact)(const job *, const ranking *, const double *, long, double *);
    void (*begin)(void), (*end)(void);
    const struct path *few;   /* what serves few queries, or NULL; and its product, of rows as they lie */
    void (*multiply_few)(const search *, long, panel *, bound, float *);
} path;

#include "exact.h"
#include "select.h"
#include "pack.h"

#include "paths.h"
#include "lists.h"

enum { WORDS_AT_ONCE = 1024, TILES_AT_ONCE = 4 };

/* What a call works with: fresh pages for each cost more than the products of a hundred queries. */
typedef struct {
    uint32_t *packed;         /* panels of [words][rows] */
    panel *panels;
    float *products, *scratch;
} room;

static room *take_room(search *x)
{
    for (int i = 0; i < SPARE; i++) {
        room *kept = atomic_exchange(x->spare + i, NULL);
        if (kept)
            return kept;
    }
    const path *of = x->path;
    long tiles = x->tiles > 1 ? x->tiles * x->panels : 1;
    size_t sizes[] = {
        rounded(sizeof(room), 64),
        rounded(x->panels * of->rows * x->words * sizeof(uint32_t), 64),
        rounded(x->panels * sizeof(panel), 64),
        rounded(tiles * of->queries * of->rows * sizeof(float), 64),
        (of->rows + 1) * scratch_floats(x) * sizeof(float),
    };
    char *memory = aligned(sizes[0] + sizes[1] + sizes[2] + sizes[3] + sizes[4]);
    if (!memory)
        return NULL;
    room *r = (room *)memory;
    r->packed = (uint32_t *)(memory += sizes[0]);
    r->panels = (panel *)(memory += sizes[1]);
    r->products = (float *)(memory += sizes[2]);
    r->scratch = (float *)(memory += sizes[3]);
    memset(r->scratch, 0, sizes[4]);
    return r;
}

static void give_back(search *x, room *r)
{
    for (int i = 0; i < SPARE; i++) {
        void *none = NULL;
        if (atomic_compare_exchange_strong(x->spare + i, &none, (void *)r))
            return;
    }
    free(r);
}

API int tokensphere_kernel_version(void)
{
    return VERSION;
}

/* The name of a path, NULL beyond the last; *usable: 0 if this processor lacks it, or TAKEN, or SLOW. */
API const char *tokensphere_path(int number, int *usable)
{
    if (number < 0 || number >= PATHS || !paths[number].name)
        return NULL;
    *usable = is_usable(number);
    return paths[number].name;
}

API void tokensphere_close(search *x)
{
    if (!x)
        return;
    if (x->selections)
        for (long i = 0; i < x->rankings * x->job.m; i++)
            free(x->selections[i].found);
    free(x->selections);
    free(x->heaps);
    free((void *)x->least);
    free(x->offset);
    free(x->unit);
    free(x->prepared);
    free(x->queries);
    for (int i = 0; i < SPARE; i++)
        free(atomic_load(x->spare + i));
    free(x);
}

/* A search on one path, or on that for `few` queries at most; NULL if there is no memory. The job's arrays
 * must outlive it. */
API search *tokensphere_open(const job *given, int number, int few)
{
    search *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->job = *given;
    x->path = &paths[number];
    if (given->m <= few && x->path->few)
        x->path = x->path->few;
    x->rankings = given->rankings;
    long width = given->d + (given->extra != NULL), all = 0;
    x->words = rounded(x->path->form == SINGLES ? width : (width + 1) / 2, x->path->step);
    x->padded = rounded(given->m, x->path->queries);
    long at_once = x->words < WORDS_AT_ONCE ? x->words : WORDS_AT_ONCE;
    long most = rounded(given->n, x->path->rows) / x->path->rows;
    x->panels = x->path->block / (at_once * x->path->rows * 4);
    x->panels = x->panels < 2 ? 2 : x->panels;
    x->panels = x->panels < most ? x->panels : most;
    x->tiles = x->words > at_once ? TILES_AT_ONCE : 1;
    if (x->path->multiply_few)
        x->panels = 1, x->tiles = x->padded / FEW;
    size_t each = (size_t)x->rankings * x->padded;
    for (int s = 0; s < x->rankings; s++)
        all += given->ranking[s].k * given->m;
    x->queries = aligned((size_t)x->padded * x->words * 4);
    x->prepared = calloc(given->m, sizeof *x->prepared);
    x->unit = calloc(x->padded, sizeof *x->unit);
    x->offset = calloc(each, sizeof *x->offset);
    x->least = calloc(each, sizeof *x->least);
    x->selections = calloc((size_t)x->rankings * given->m, sizeof *x->selections);
    x->heaps = malloc((size_t)all * sizeof *x->heaps);
    if (!x->queries || !x->prepared || !x->unit || !x->offset || !x->least || !x->selections || !x->heaps) {
        tokensphere_close(x);
        return NULL;
    }
    for (long i = 0; i < all; i++)
        x->heaps[i] = -INFINITY;
    float *heap = x->heaps;
    for (int s = 0; s < x->rankings; s++) {
        for (long q = 0; q < given->m; q++, heap += given->ranking[s].k) {
            selection *y = x->selections + s * given->m + q;
            atomic_flag_clear(&y->lock);
            y->best = heap;
        }
        for (long q = 0; q < x->padded; q++)
            atomic_store(x->least + s * x->padded + q, q < given->m ? -INFINITY : INFINITY);
    }
    return x;
}

/* How many queries a part for `tokensphere_prepare` must be a multiple of. */
API int tokensphere_tile(const search *x)
{
    return x->path->queries;
}

/* Pack the queries from `low`, a multiple of a tile, to `high`. */
API int tokensphere_prepare(search *x, int64_t low, int64_t high)
{
    const job *j = &x->job;
    float *prepared = calloc(scratch_floats(x), sizeof *prepared);
    uint32_t *own = malloc(scratch_floats(x) * sizeof *own);
    double *v = malloc((j->d + 8) * sizeof *v);
    int ok = prepared && own && v;
    for (long q = low; ok && q < (high == j->m ? x->padded : high); q++)
        pack_query(x, q, v, prepared, own);
    free(prepared), free(own), free(v);
    return ok ? OK : NO_MEMORY;
}

/* Sift the tile of the queries from q on. */
static void sift(search *x, const panel *p, const float *c, long q)
{
    long queries = x->path->queries, rest = x->job.m - q;
    x->path->sift(x, p, c, q, rest < queries ? rest : queries);
}

static void scan_few(search *x, room *r, bound bound, long low, long high)
{
    const path *of = x->path;
    for (panel *p = r->panels; low < high && !atomic_load(&x->failed); low += of->rows) {
        p->first = low;
        of->multiply_few(x, high, p, bound, r->products);
        for (long q = 0; q < x->padded; q += of->queries)
            sift(x, p, r->products + q * of->rows, q);
    }
}

/* Pack rows block by block, and multiply each block with all queries. */
static void scan_packed(search *x, room *r, bound bound, long low, long high)
{
    const path *of = x->path;
    long at_once = x->words < WORDS_AT_ONCE ? x->words : WORDS_AT_ONCE;
    long panels = x->panels, tiles = x->tiles, tile = (long)of->queries * of->rows;
    if (of->begin)
        of->begin();
    for (long first = low; first < high && !atomic_load(&x->failed); first += panels * of->rows) {
        long here = (high - first + of->rows - 1) / of->rows;
        here = here < panels ? here : panels;
        for (long p = 0; p < here; p++) {
            r->panels[p].first = first + p * of->rows;
            of->pack_rows(x, high, r->panels + p, r->packed + p * of->rows * x->words, bound, r->scratch);
        }
        for (long q = 0; q < x->padded; q += tiles * of->queries) {
            long group = (x->padded - q) / of->queries;
            group = group < tiles ? group : tiles;
            for (long w = 0; w < x->words; w += at_once) {
                long count = x->words - w < at_once ? x->words - w : at_once;
                int last = w + count == x->words;
                for (long t = 0; t < group; t++) {
                    const uint32_t *a = x->queries + ((q + t * of->queries) * x->words + w * of->queries);
                    for (long p = 0; p < here; p++) {
                        const uint32_t *b = r->packed + (p * x->words + w) * of->rows;
                        float *c = r->products + (tiles > 1 ? (t * here + p) * tile : 0);
                        of->multiply(a, b, count, c, w > 0);
                        if (last)
                            sift(x, r->panels + p, c, q + t * of->queries);
                    }
                }
            }
        }
    }
    if (of->end)
        of->end();
}

/* Multiply the rows from `low` to `high` with all queries, and keep what may be among the best. */
API int tokensphere_scan(search *x, int64_t low, int64_t high)
{
    room *r = take_room(x);
    if (!r)
        return NO_MEMORY;
    (x->path->multiply_few ? scan_few : scan_packed)(x, r, bound_of(x), low, high);
    give_back(x, r);
    return atomic_load(&x->failed) ? NO_MEMORY : OK;
}

/* Of the queries from `low` to `high` the ids and values of the k best, into the job's arrays. */
API int tokensphere_settle(search *x, int64_t low, int64_t high)
{
    int result = OK;
    for (int s = 0; s < x->rankings; s++)
        for (long q = low; q < high && result == OK; q++)
            result = settle(x, s, q);
    return result;
}
