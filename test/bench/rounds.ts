/**
 * Alternating rounds of what is compared. The machine is shared, so the ratio is taken within each
 * round, and its median counts.
 */
export interface Compared {
  readonly ours: number
  readonly theirs: number
  readonly ratio: number
}

export async function compare(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Compared> {
  const samples: { ours: number; theirs: number }[] = []
  for (let round = 0; round < rounds; round++) samples.push({ theirs: await theirs(), ours: await ours() })
  return {
    ours: median(samples.map((it) => it.ours)),
    theirs: median(samples.map((it) => it.theirs)),
    ratio: median(samples.map((it) => it.ours / it.theirs)),
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
