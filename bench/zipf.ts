/** bench.md: keys are Zipf 0.99 unless said. */
const EXPONENT = 0.99;

/** Draws 0 … n − 1 with the probabilities of Zipf's law, by bisection of their sums. */
export function zipf(n: number, random: () => number): () => number {
  const sums = new Float64Array(n);
  let sum = 0;
  for (let rank = 0; rank < n; rank++) sums[rank] = sum += 1 / (rank + 1) ** EXPONENT;
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
