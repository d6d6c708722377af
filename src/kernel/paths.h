/* The instruction sets that there are code for, the best first, and which of them this processor has. */

#define PACKED(NAME_, TARGET_, ROWS_, FORM_)                                                            \
    TARGET_ static void NAME_(const search *x, long high, panel *p, uint32_t *words, bound b,             \
                              float *scratch)                                                             \
    {                                                                                                     \
        pack_panel(x, high, p, words, b, scratch, ROWS_, FORM_);                                        \
    }

/* For few queries, of which vectors hold columns. */
#define FEW_OF(LANES_, SIFT_, FEW_, EXACT_)                                                               \
    {.queries = FEW, .rows = 2 * LANES_, .step = LANES_, .sift = SIFT_, .exact = EXACT_, .multiply_few = FEW_}

/* The tile unit's arithmetic and layout in plain C, for tests where there is none (-DEMULATED). */
#ifdef EMULATED
PACKED(pack_emulated, , 32, HALVES)

static void multiply_emulated(const uint32_t *a, const uint32_t *b, long words, float *c, int more)
{
    if (!more)
        memset(c, 0, 32 * 32 * sizeof *c);
    for (long w = 0; w < words; w++, b += 32)
        for (int i = 0; i < 32; i++)
            for (int r = 0; r < 32; r++) {
                uint32_t x = a[(w / 16 * 32 + i) * 16 + w % 16];
                uint32_t one[4] = {x << 16, b[r] << 16, x & 0xffff0000, b[r] & 0xffff0000};
                float f[4];
                memcpy(f, one, sizeof f);
                c[i * 32 + r] += f[0] * f[1];
                c[i * 32 + r] += f[2] * f[3];
            }
}

static void sift_emulated(search *x, const panel *p, const float *c, long q, int queries)
{
    for (int s = 0; s < x->rankings; s++)
        for (int i = 0; i < queries; i++) {
            long place = s * x->padded + q + i;
            float upper[32];
            uint32_t hits = 0;
            for (int r = 0; r < 32; r++) {
                upper[r] = (c[i * 32 + r] - x->offset[place]) * p->factor[s][r] + p->slack[s][r];
                hits |= (uint32_t)(upper[r] >= atomic_load(x->least + place)) << r;
            }
            if (hits)
                offer_all(x, s, q + i, p, upper, hits);
        }
}
#define EMULATED_PATH \
    {"emulated", 32, 32, HALVES, 16, 64 << 10, multiply_emulated, sift_emulated, pack_emulated, exact, NULL, NULL, NULL, NULL},
#else
#define EMULATED_PATH
#endif

#ifdef X86

PACKED(pack_avx2, AVX2, 16, SINGLES)
PACKED(pack_avx2int16, AVX2, 16, SHORTS)
PACKED(pack_avx512, AVX512, 32, SINGLES)
PACKED(pack_avx512int16, AVX512, 32, SHORTS)
PACKED(pack_halves, AVX512, 32, HALVES)

/* The sum of eight floats, in pairs. */
AVX2 INLINE float sum_avx2(__m256 x)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#define NAME(x) x##_avx2
#define SAME_REGISTERS_NEXT
#define TARGET AVX2
#define VEC __m256
#define WORDS __m256
#define LANES 8
#define QUERIES 6
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define SPREAD _mm256_set1_ps
#define ADD _mm256_add_ps
#define SUB _mm256_sub_ps
#define MUL _mm256_mul_ps
#define SUM sum_avx2
#define FMA _mm256_fmadd_ps
#define LOAD_WORDS(p) _mm256_load_ps((const float *)(p))
#define SPREAD_WORD(p) _mm256_broadcast_ss((const float *)(p))
#define SUMS __m256
#define NOTHING _mm256_setzero_ps()
#define FLOATS_OF(sum) (sum)
#define MULTIPLY_ADD _mm256_fmadd_ps
#define AT_LEAST(x, y) (uint32_t) _mm256_movemask_ps(_mm256_cmp_ps(x, y, _CMP_GE_OQ))
#include "tile.h"

/* By hand: GCC computes all products first, and has no registers for them. */
AVX2 INLINE __m256i multiply_add_avx2(__m256i x, __m256i y, __m256i sum)
{
    __m256i product;
    __asm__("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(sum), "=&x"(product) : "x"(x), "x"(y));
    return sum;
}

#define NAME(x) x##_avx2int16
#define TILE_ONLY
#define TARGET AVX2
#define WORDS __m256i
#define LOAD_WORDS(p) _mm256_load_si256((const __m256i *)(p))
#define SPREAD_WORD(p) _mm256_set1_epi32((int)*(p))
#define SUMS __m256i
#define NOTHING _mm256_setzero_si256()
#define FLOATS_OF _mm256_cvtepi32_ps
#define MULTIPLY_ADD multiply_add_avx2
#include "tile.h"

#define NAME(x) x##_avx512
#define SAME_REGISTERS_NEXT
#define TARGET AVX512
#define VEC __m512
#define WORDS __m512
#define LANES 16
#define QUERIES 14
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define SPREAD _mm512_set1_ps
#define ADD _mm512_add_ps
#define SUB _mm512_sub_ps
#define MUL _mm512_mul_ps
#define SUM _mm512_reduce_add_ps
#define FMA _mm512_fmadd_ps
#define LOAD_WORDS(p) _mm512_load_ps((const float *)(p))
#define SPREAD_WORD(p) _mm512_set1_ps(*(const float *)(p))
#define SUMS __m512
#define NOTHING _mm512_setzero_ps()
#define FLOATS_OF(sum) (sum)
#define MULTIPLY_ADD _mm512_fmadd_ps
#define AT_LEAST(x, y) (uint32_t) _mm512_cmp_ps_mask(x, y, _CMP_GE_OQ)
#include "tile.h"

#define NAME(x) x##_avx512int16
#define TILE_ONLY
#define SAME_REGISTERS_NEXT
#define TARGET AVX512INT16
#define WORDS __m512i
#define LOAD_WORDS(p) _mm512_load_si512((const void *)(p))
#define SPREAD_WORD(p) _mm512_set1_epi32((int)*(p))
#define SUMS __m512i
#define NOTHING _mm512_setzero_si512()
#define FLOATS_OF _mm512_cvtepi32_ps
#define MULTIPLY_ADD(x, y, sum) _mm512_dpwssd_epi32(sum, x, y)
#include "tile.h"

#define NAME(x) x##_avx512bf16
#define TILE_ONLY
#define TARGET AVX512BF16
#define WORDS __m512i
#define LOAD_WORDS(p) _mm512_load_si512((const void *)(p))
#define SPREAD_WORD(p) _mm512_set1_epi32((int)*(p))
#define SUMS __m512
#define NOTHING _mm512_setzero_ps()
#define FLOATS_OF(sum) (sum)
#define MULTIPLY_ADD(x, y, sum) _mm512_dpbf16_ps(sum, (__m512bh)(x), (__m512bh)(y))
#include "tile.h"

/* 32 queries with 32 rows in four accumulators of 16 x 16; a step takes 16 words of two bfloat16. */
AMX static void multiply_amx(const uint32_t *a, const uint32_t *b, long words, float *c, int more)
{
    if (more) {
        _tile_loadd(0, c, 128); _tile_loadd(1, c + 16, 128);
        _tile_loadd(2, c + 512, 128); _tile_loadd(3, c + 528, 128);
    } else {
        _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3);
    }
    for (long w = 0; w < words; w += 16, a += 512, b += 512) {
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, 128);
        _tile_loadd(7, b + 16, 128);
        _tile_loadd(5, a + 256, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, 128); _tile_stored(1, c + 16, 128);
    _tile_stored(2, c + 512, 128); _tile_stored(3, c + 528, 128);
}

AMX static void begin_amx(void)
{
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } __attribute__((packed)) shape = {.palette = 1};
    for (int t = 0; t < 8; t++)
        shape.bytes[t] = 64, shape.rows[t] = 16;
    _tile_loadconfig(&shape);
}

AMX static void end_amx(void)
{
    _tile_release();
}

static const path few_of_avx512 = FEW_OF(16, sift_avx512, few_avx512, exact_avx2);
static const path few_of_avx2 = FEW_OF(8, sift_avx2, few_avx2, exact_avx2);
static const path paths[] = {
    {"amx", 32, 32, HALVES, 16, 640 << 10, multiply_amx, sift_avx512, pack_halves, exact_avx2,
     begin_amx, end_amx, &few_of_avx512, NULL},
    {"avx512int16", 14, 32, SHORTS, 1, 512 << 10, multiply_avx512int16, sift_integers_avx512, pack_avx512int16,
     exact_avx2, NULL, NULL, &few_of_avx512, NULL},
    {"avx512bf16", 14, 32, HALVES, 1, 512 << 10, multiply_avx512bf16, sift_avx512, pack_halves, exact_avx2,
     NULL, NULL, &few_of_avx512, NULL},
    {"avx512", 14, 32, SINGLES, 1, 512 << 10, multiply_avx512, sift_avx512, pack_avx512, exact_avx2,
     NULL, NULL, &few_of_avx512, NULL},
    {"avx2int16", 6, 16, SHORTS, 1, 256 << 10, multiply_avx2int16, sift_integers_avx2, pack_avx2int16, exact_avx2,
     NULL, NULL, &few_of_avx2, NULL},
    {"avx2", 6, 16, SINGLES, 1, 256 << 10, multiply_avx2, sift_avx2, pack_avx2, exact_avx2,
     NULL, NULL, &few_of_avx2, NULL},
    EMULATED_PATH
};

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
/* Linux gives a process the tile registers when it asks for them. */
static int may_use_tiles(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}
#else
static int may_use_tiles(void)
{
    return 0;
}
#endif

static int is_usable(int number)
{
    unsigned a, b = 0, c = 0, d = 0, one = 0, ignored, low = 0, high = 0;
    if (!__get_cpuid(1, &ignored, &ignored, &c, &ignored) || !(c & bit_OSXSAVE) || !(c & bit_FMA))
        return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0)); /* which registers the system saves */
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return 0;
    if (a >= 1)
        __get_cpuid_count(7, 1, &one, &ignored, &ignored, &ignored);
    int avx2 = (low & 0x6) == 0x6 && b >> 5 & 1;
    int avx512 = avx2 && (low & 0xe6) == 0xe6 && b >> 16 & 1 && b >> 17 & 1 && b >> 30 & 1 && b >> 31 & 1;
    switch (number) {
    case 0:
        return avx512 && (low & 0x60000) == 0x60000 && d >> 22 & 1 && d >> 24 & 1 && may_use_tiles();
    case 1: /* as the tables of instructions have it, twice the multiplications of float32; not timed */
        return avx512 && c >> 11 & 1;
    case 2: /* fewer multiplications than of float32 on an Intel processor that was tried */
        return avx512 && one >> 5 & 1 ? SLOW : 0;
    case 3:
        return avx512;
    case 4:
    case 5:
        return avx2;
    default:
        return SLOW;
    }
}

#elif defined(__aarch64__)

PACKED(pack_neon, , 8, SINGLES)

#define NAME(x) x##_neon
#define TARGET
#define VEC float32x4_t
#define WORDS float32x4_t
#define LANES 4
#define QUERIES 12
#define LOAD vld1q_f32
#define STORE vst1q_f32
#define SPREAD vdupq_n_f32
#define ADD vaddq_f32
#define SUB vsubq_f32
#define MUL vmulq_f32
#define SUM vaddvq_f32
#define FMA(x, y, sum) vfmaq_f32(sum, x, y)
#define LOAD_WORDS(p) vld1q_f32((const float *)(p))
#define SPREAD_WORD(p) vdupq_n_f32(*(const float *)(p))
#define SUMS float32x4_t
#define NOTHING vdupq_n_f32(0)
#define FLOATS_OF(sum) (sum)
#define MULTIPLY_ADD FMA
#define AT_LEAST(x, y) bits_of(vcgeq_f32(x, y))
INLINE uint32_t bits_of(uint32x4_t lanes)
{
    const uint32_t places[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(lanes, vld1q_u32(places)));
}
#include "tile.h"

static const path few_of_neon = FEW_OF(4, sift_neon, few_neon, exact);
static const path paths[] = {
    {"neon", 12, 8, SINGLES, 1, 256 << 10, multiply_neon, sift_neon, pack_neon, exact, NULL, NULL, &few_of_neon, NULL},
    EMULATED_PATH
};

static int is_usable(int number)
{
    return number == 0 ? TAKEN : SLOW;
}

#else
/* No code for this processor: NumPy serves. */
static const path paths[] = {EMULATED_PATH{0}};

static int is_usable(int number)
{
    (void)number;
    return SLOW;
}
#endif

/* The last one has no name where there is no code. */
enum { PATHS = sizeof paths / sizeof *paths };
