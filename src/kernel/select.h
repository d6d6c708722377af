/* What may be among the k best of each query, while the rows stream by. */

typedef struct {
    double value;
    candidate of;
} ranked;

static int by_value(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return (x->of.row > y->of.row) - (x->of.row < y->of.row);
}

/* The candidates of a query with their values, best first; NULL if there is no memory. */
static ranked *in_order(const search *x, int s, long q, const candidate *found, long count)
{
    const job *j = &x->job;
    const ranking *r = j->ranking + s;
    ranked *order = malloc((count ? count : 1) * sizeof *order);
    double *v = aligned((2 * j->d + 16) * sizeof(double));
    if (!order || !v) {
        free(order), free(v);
        return NULL;
    }
    read_query(j, q, v);
    if (r->unit_query)
        for (long i = 0; i < j->d; i++)
            v[i] /= x->prepared[q].length;
    for (long c = 0; c < count; c++) {
        if (c + 2 < count) {
            const char *next = (const char *)(j->rows + (long)found[c + 2].row * j->d);
            for (long b = 0; b < j->d * 4; b += 64)
                __builtin_prefetch(next + b);
        }
        order[c].value = x->path->exact(j, r, v, found[c].row, v + j->d + 8);
        order[c].of = found[c];
    }
    free(v);
    qsort(order, count, sizeof *order, by_value);
    return order;
}

static long still_possible(candidate *found, long count, float least)
{
    long kept = 0;
    for (long c = 0; c < count; c++)
        if (found[c].upper >= least)
            found[kept++] = found[c];
    return kept;
}

/* Room for one more candidate: what was ruled out goes; of too many equal ones the k best stay. */
static int make_room(search *x, int s, long q, selection *y, float least)
{
    long k = x->job.ranking[s].k, many = 4 * k > 4096 ? 4 * k : 4096;
    y->count = still_possible(y->found, y->count, least);
    if (2L * y->count <= y->capacity && y->capacity)
        return OK;
    if (y->capacity < many) {
        long capacity = y->capacity ? 2L * y->capacity : 64;
        candidate *more = realloc(y->found, capacity * sizeof *more);
        if (!more)
            return NO_MEMORY;
        y->found = more;
        y->capacity = capacity;
        return OK;
    }
    ranked *order = in_order(x, s, q, y->found, y->count);
    if (!order)
        return NO_MEMORY;
    y->count = y->count < k ? y->count : k;
    for (long c = 0; c < y->count; c++)
        y->found[c] = order[c].of;
    free(order);
    return OK;
}

/* Put `value` for the least of a heap of k. */
static void replace_least(float *heap, long k, float value)
{
    long at = 0;
    for (;;) {
        long child = 2 * at + 1;
        if (child >= k)
            break;
        if (child + 1 < k && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= value)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

static void offer_all(search *x, int s, long q, const panel *p, const float *upper, uint32_t hits)
{
    selection *y = x->selections + s * x->job.m + q;
    long k = x->job.ranking[s].k;
    for (int turn = 0; atomic_flag_test_and_set_explicit(&y->lock, memory_order_acquire); turn++)
        if (turn > 64)
            sched_yield();
    float least = y->best[0];
    for (; hits; hits &= hits - 1) {
        int r = __builtin_ctz(hits);
        if (upper[r] < least)
            continue;
        if (y->count == y->capacity && make_room(x, s, q, y, least) != OK) {
            atomic_store(&x->failed, 1);
            break;
        }
        y->found[y->count++] = (candidate){upper[r], (int32_t)(p->first + r)};
        float lower = upper[r] - 2 * p->slack[s][r];
        if (lower > least) {
            replace_least(y->best, k, lower);
            least = y->best[0];
        }
    }
    atomic_store_explicit(x->least + s * x->padded + q, least, memory_order_relaxed);
    atomic_flag_clear_explicit(&y->lock, memory_order_release);
}

static int settle(search *x, int s, long q)
{
    selection *y = x->selections + s * x->job.m + q;
    const ranking *r = x->job.ranking + s;
    long count = still_possible(y->found, y->count, y->best[0]);
    if (count < r->k) /* never so; but no result is better than one that is not there */
        return TOO_FEW;
    ranked *order = in_order(x, s, q, y->found, count);
    if (!order)
        return NO_MEMORY;
    for (long c = 0; c < r->k; c++) {
        r->ids[q * r->k + c] = order[c].of.row;
        r->values[q * r->k + c] = order[c].value;
    }
    free(order);
    free(y->found);
    y->found = NULL;
    y->count = y->capacity = 0;
    return OK;
}
