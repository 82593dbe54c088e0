/** @file "Did you mean": the names that are nearest to a mistyped one. */

/** Longer words are compared by their beginning: the cost is the product of the lengths. */
const longest = 100;

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours. */
export function editDistance(from: string, to: string): number {
  const [a, b] = [from.slice(0, longest), to.slice(0, longest)];
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** Spelling without case and separators: `learning_rate` is `learningRate`. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Up to `count` candidates that a typing mistake could explain, nearest first. */
export function nearestNames(word: string, candidates: Iterable<string>, count = 3): string[] {
  const wanted = plain(word);
  const tolerated = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(candidates)]
    .map((name) => ({ name, distance: editDistance(wanted, plain(name)) }))
    .filter(({ distance }) => distance <= tolerated)
    .sort((x, y) => x.distance - y.distance || (x.name < y.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** `Did you mean "rank" or "rankPattern"?`, or undefined where nothing is near. */
export function didYouMean(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return `Did you mean ${names.map((name) => JSON.stringify(name)).join(' or ')}?`;
}
