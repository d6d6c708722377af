/* Prepared rows and queries, in the words and the order that products read them in. */

typedef struct {
    double all, lost;         /* squared lengths: of what was packed, and of what rounding took away */
    float unit;               /* what 1 is worth, if it was rounded to integers */
} squares;

/* Upwards by the roundings of `count` squares in float32 and of their sum, and by what underflows. */
static double upwards(double sum, long count)
{
    return sum * (1 + (count + 8) * (double)FLT_EPSILON) + (double)count * FLT_MIN;
}

typedef float floats __attribute__((vector_size(32))); /* the compiler cuts them as it needs */
typedef uint32_t bits __attribute__((vector_size(32)));
typedef uint64_t pairs __attribute__((vector_size(32)));
typedef uint32_t words_of_pairs __attribute__((vector_size(16)));

INLINE double sum_of(const floats *x)
{
    double sum = 0;
    for (int i = 0; i < 8; i++)
        sum += (*x)[i];
    return sum;
}

/* The upper halves of eight words (of lower ones: shift them up before), two in a word. */
INLINE void store_pairs(const bits *b, uint32_t *to)
{
    pairs p = *(const pairs *)b;
    words_of_pairs w = __builtin_convertvector((p >> 16 & 0xffff) | (p >> 32 & 0xffff0000), words_of_pairs);
    memcpy(to, &w, sizeof w);
}

INLINE squares to_singles(const float *x, long count, uint32_t *to)
{
    floats all = {0}, v;
    for (long i = 0; i < count; i += 8) {
        memcpy(&v, x + i, sizeof v);
        memcpy(to + i, &v, sizeof v);
        all += v * v;
    }
    return (squares){upwards(sum_of(&all), count), 0, 1};
}

/* The nearest bfloat16, ties to even; what is lost is a difference without rounding. */
INLINE squares to_halves(const float *x, long count, uint32_t *to)
{
    floats all = {0}, lost = {0}, v;
    for (long i = 0; i < count; i += 8) {
        memcpy(&v, x + i, sizeof v);
        all += v * v;
        bits b = (bits)v;
        b = (b + 0x7fff + (b >> 16 & 1)) & 0xffff0000;
        floats off = v - (floats)b;
        lost += off * off;
        store_pairs(&b, to + i / 2);
    }
    return (squares){upwards(sum_of(&all), count), upwards(sum_of(&lost), count), 1};
}

/* Integers of a length of 32,700: none needs more than 16 bits, and by Cauchy and Schwarz no sum of products of
 * two such vectors, whole or in parts, needs more than 32. */
INLINE squares to_shorts(const float *x, long count, uint32_t *to)
{
    const float magic = 0x1.8p23f; /* added, it leaves the nearest integer in a float's last bits */
    floats all = {0}, lost = {0}, v;
    for (long i = 0; i < count; i += 8) {
        memcpy(&v, x + i, sizeof v);
        all += v * v;
    }
    squares sum = {upwards(sum_of(&all), count), 0, 0};
    double length = sqrt(sum.all);
    if (!(length > 0x1p-60 && length < 0x1p60)) { /* as good as nothing, or beyond all bounds: all is lost */
        memset(to, 0, count / 2 * sizeof *to);
        sum.lost = sum.all;
        return sum;
    }
    float unit = sum.unit = (float)(length / 32700), times = (float)(32700 / length);
    for (long i = 0; i < count; i += 8) {
        memcpy(&v, x + i, sizeof v);
        floats raised = v * times + magic;
        floats off = v - (raised - magic) * unit;
        lost += off * off;
        bits b = (bits)raised << 16;
        store_pairs(&b, to + i / 2);
    }
    double off = sqrt(upwards(sum_of(&lost), count)) + length * FLT_EPSILON; /* roundings of the difference */
    sum.lost = off * off * (1 + 4 * (double)FLT_EPSILON);
    return sum;
}

/* The words of `x`; both are padded with zeros to a multiple of 16 words. */
INLINE squares to_words(const float *x, long words, enum form form, uint32_t *to)
{
    long count = rounded(words, 16) * (form == SINGLES ? 1 : 2);
    return form == SINGLES ? to_singles(x, count, to)
           : form == HALVES ? to_halves(x, count, to) : to_shorts(x, count, to);
}

static bound bound_of(const search *x)
{
    const double u = FLT_EPSILON / 2;
    const job *j = &x->job;
    bound b = {0};
    double longest = 0;
    for (long q = 0; q < j->m; q++) {
        longest = fmax(longest, x->prepared[q].length);
        b.norm = fmax(b.norm, x->prepared[q].norm);
        b.residual = fmax(b.residual, x->prepared[q].residual);
        for (int s = 0; s < x->rankings; s++)
            b.offset[s] = fmax(b.offset[s], fabsf(x->offset[s * x->padded + q]));
    }
    if (j->shift) {
        for (long i = 0; i < j->d; i++)
            b.shift += (double)j->shift[i] * j->shift[i];
        b.shift = sqrt(b.shift);
    }
    double terms = (j->d + 16) * u;
    b.rounding = 1.02 * terms / (1 - terms) * b.norm;
    b.small = (j->d + 16) * 0x1p-125;
    if (j->extra) /* a distance in double precision, if the query is far from all rows */
        b.small += 4 * (j->d + 16) * 0x1p-53 * fmax(longest / j->unit, 1);
    return b;
}

static float weight_of(const job *j, long row)
{
    return j->weight ? j->weight[row] : 1;
}

/* Empty a place of a panel; whether any ranking can find the row that is to stand there. */
static int is_there(const search *x, long high, panel *p, int r)
{
    long row = p->first + r;
    int there = 0;
    p->unit[r] = 0;
    for (int s = 0; s < x->rankings; s++) {
        p->factor[s][r] = NAN, p->slack[s][r] = 0;
        there |= row < high && x->job.ranking[s].usable[row];
    }
    return there;
}

/* How far the values of a row may be off, and its factor, for each ranking. */
static void weigh(const search *x, panel *p, int r, squares of, bound b)
{
    const double u = FLT_EPSILON / 2;
    long row = p->first + r;
    p->unit[r] = of.unit;
    double length = sqrt(of.all), lost = sqrt(of.lost);
    double terms = length * (1 + 1e-5) + 2 * b.shift * weight_of(&x->job, row);
    double prepared = length + 8 * u * terms; /* at most, of the row itself */
    double off = b.rounding * prepared + 8 * u * terms * b.norm + lost * b.norm + (length + lost) * b.residual + b.small;
    for (int s = 0; s < x->rankings; s++) {
        const ranking *k = x->job.ranking + s;
        float factor = k->factor ? k->factor[row] : 1;
        p->factor[s][r] = k->usable[row] ? factor : NAN;
        double slack = (off + 16 * u * (terms * b.norm + b.offset[s])) * factor;
        /* All values lie within 2^100, so a larger bound says no more; queries that fill up a tile
         * have an infinite threshold, which nothing passes. */
        p->slack[s][r] = (float)(fmin(slack * (1 + 1e-6), 0x1p100) + 0x1p-140);
    }
}

/* A row or query before it is packed, and its padding. */
static long scratch_floats(const search *x)
{
    return 2 * rounded(x->words, 16);
}

/* The rows from p->first on, at most to `high`, as words[words of a row][rows].
 * `prepared` is `scratch_floats` of zeros, and room for as many words of each row. */
INLINE void pack_panel(const search *x, long high, panel *p, uint32_t *words, bound b, float *prepared, int rows,
                       enum form form)
{
    const job *j = &x->job;
    uint32_t *own = (uint32_t *)(prepared + scratch_floats(x));
    long length = rounded(x->words, 16);
    for (int r = 0; r < rows; r++) {
        long row = p->first + r;
        if (!is_there(x, high, p, r)) {
            memset(own + r * length, 0, length * 4);
            continue;
        }
        const float *raw = j->rows + row * j->d;
        float scale = j->scale ? j->scale[row] : 1, weight = weight_of(j, row);
        if (j->shift)
            for (long i = 0; i < j->d; i++)
                prepared[i] = (raw[i] * scale - j->shift[i]) * weight;
        else
            for (long i = 0; i < j->d; i++)
                prepared[i] = raw[i] * scale;
        if (j->extra)
            prepared[j->d] = j->extra[row];
        weigh(x, p, r, to_words(prepared, x->words, form, own + r * length), b);
    }
    for (long w = 0; w < x->words; w += 16) { /* a block of 16 words of each row stays in the cache */
        long here = x->words - w < 16 ? x->words - w : 16;
        for (long i = w; i < w + here; i++)
            for (int r = 0; r < rows; r++)
                words[i * rows + r] = own[r * length + i];
    }
}

/* Two rows that are multiplied where they lie. */
typedef struct {
    const float *raw[2];
    float scale[2], weight[2];
    float tail[2][MOST_LANES]; /* what fills no vector, prepared, and zeros */
} couple;

static void take_row(const search *x, couple *two, int s, long row, int lanes)
{
    const job *j = &x->job;
    const float *raw = two->raw[s] = j->rows + row * j->d;
    float scale = two->scale[s] = j->scale ? j->scale[row] : 1;
    float weight = two->weight[s] = weight_of(j, row);
    float *to = two->tail[s];
    memset(to, 0, sizeof two->tail[s]);
    for (long i = j->d / lanes * lanes; i < j->d; i++)
        *to++ = j->shift ? (raw[i] * scale - j->shift[i]) * weight : raw[i] * scale;
    if (j->extra)
        *to = j->extra[row];
}

/* A query in double precision and its length, as a tile has it. */
static void pack_query(search *x, long q, double *v, float *prepared, uint32_t *own)
{
    const job *j = &x->job;
    if (q < j->m) {
        double length = read_query(j, q, v);
        if (j->origin) {
            for (long i = 0; i < j->d; i++)
                v[i] -= j->origin[i];
            length = length_of(v, j->d);
        }
        x->prepared[q].length = length;
        double by = j->extra && !(length > j->unit) ? j->unit : length;
        for (int s = 0; s < x->rankings; s++)
            if (j->ranking[s].offset)
                x->offset[s * x->padded + q] = (float)(pairwise(v, j->ranking[s].offset, j->d) / length);
        for (long i = 0; i < j->d; i++)
            prepared[i] = (float)(v[i] / by);
        if (j->extra)
            prepared[j->d] = (float)(j->unit / by);
    } else {
        memset(prepared, 0, scratch_floats(x) * sizeof(float));
    }
    squares of = to_words(prepared, x->words, x->path->form, own);
    x->unit[q] = of.unit;
    long size = x->path->queries, place = q % size, step = x->path->step;
    uint32_t *tile = x->queries + (q - place) * x->words;
    for (long w = 0; w < x->words; w++) /* [words / step][queries of a tile][step] */
        tile[(w / step * size + place) * step + w % step] = own[w];
    if (q < j->m) {
        x->prepared[q].norm = sqrt(of.all);
        x->prepared[q].residual = sqrt(of.lost);
    }
}
