// Products of small matrices in the cache; a part of winograd_passes.h, for its type of factors.

// c[r, j] = (add ? c[r, j] : 0) + Σ a[r, k]·b[k, j] over k < depth, for `rows` rows and vectors·16 columns.
PRODUCT void NAME(product_tile)(float *c, size_t c_row, const step *a, size_t a_row, size_t a_step, const step *b, size_t b_row,
                               int depth, int add, int rows, int vectors) {
  lanes sums[ROWS][2];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) sums[r][v] = (lanes){0};
  for (int k = 0; k < depth; k++, a += a_step, b += b_row) {
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) {
#if HALF
      ADD_PAIRS(sums[r][v], a[(size_t)r * a_row], *(const words *)(b + v * LANES));
#else
      sums[r][v] += a[(size_t)r * a_row] * *(const lanes *)(b + v * LANES);
#endif
    }
  }
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) {
    lanes *to = (lanes *)(c + (size_t)r * c_row + v * LANES);
    *to = add ? *to + sums[r][v] : sums[r][v];
  }
}

// The same for any number of rows, cut into tiles of nearly one height, and a panel of 16 or 32 columns.
PRODUCT void NAME(product)(float *c, size_t c_row, const step *a, size_t a_row, size_t a_step, const step *b, size_t b_row, int depth,
                          int add, int rows, int panel) {
  int cuts = (rows + ROWS - 1) / ROWS;
  for (int cut = 0; cut < cuts; cut++) {
    int first = rows * cut / cuts, last = rows * (cut + 1) / cuts;
    float *to = c + (size_t)first * c_row;
    const step *from = a + (size_t)first * a_row;
#define PRODUCT_CASE(n)                                                                                       \
  case n:                                                                                                     \
    if (panel == 2 * LANES) NAME(product_tile)(to, c_row, from, a_row, a_step, b, b_row, depth, add, n, 2);   \
    else NAME(product_tile)(to, c_row, from, a_row, a_step, b, b_row, depth, add, n, 1);                      \
    break;
    switch (last - first) {
      PRODUCT_CASE(1) PRODUCT_CASE(2) PRODUCT_CASE(3) PRODUCT_CASE(4)
      PRODUCT_CASE(5) PRODUCT_CASE(6) PRODUCT_CASE(7) PRODUCT_CASE(8)
    }
#undef PRODUCT_CASE
  }
}
