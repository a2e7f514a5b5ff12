/** Scores that beat all of the `rows` before them; the others, and those that are not known, are 0. */
export function newRecords(scores: ArrayLike<number>, rows: number): Float64Array {
  const reported = new Float64Array(scores.length);
  // Rows whose scores fall: the first is the largest of the window.
  const falling = new Int32Array(scores.length);
  let first = 0;
  let end = 0;
  for (let row = 0; row < scores.length; row += 1) {
    const score = scores[row]!;
    while (first < end && falling[first]! < row - rows) first += 1;
    if (!(score > 0)) continue;
    if (first === end || score > scores[falling[first]!]!) reported[row] = score;
    while (first < end && scores[falling[end - 1]!]! <= score) end -= 1;
    falling[end] = row;
    end += 1;
  }
  return reported;
}
