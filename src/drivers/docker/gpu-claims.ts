import { existsSync, readdirSync } from 'node:fs'
import type { Containers } from './containers.ts'

/**
 * Decides which of the host's GPUs each attempt gets. Batch gives a GPU to one attempt at a time.
 */
export interface GpuClaims {
  /**
   * Claims that many GPUs that no live attempt holds, until `release`. Returns their ids, or
   * `undefined` if too few are free. The GPUs that containers hold are read from the engine, so a
   * claim need only last until its container exists.
   */
  claim(attempt: string, count: number): Promise<readonly string[] | undefined>
  release(attempt: string): void
}

/**
 * Claims of all drivers of this process, by container: two drivers may hand out the GPUs of one
 * machine.
 */
const claimedHere = new Map<string, readonly string[]>()

/** GPUs are named by their numbers, `0` to `total - 1`, as the NVIDIA runtime counts them. */
export function createGpuClaims(
  containers: Pick<Containers, 'listGpuHolders'>,
  total: number,
  containerOf: (attempt: string) => string,
): GpuClaims {
  return {
    async claim(attempt, count) {
      if (count === 0) return []
      const own = containerOf(attempt)
      // Claims are read before and after the engine is asked. A claim that becomes a container
      // meanwhile is then seen as one or the other.
      const before = [...claimedHere]
      const live = (await containers.listGpuHolders()).map((row) => [row.container, row.gpuIds] as const)
      const others = [...live, ...before, ...claimedHere]
      const taken = new Set(others.flatMap(([container, ids]) => (container === own ? [] : ids)))
      const free = Array.from({ length: total }, (_, index) => String(index)).filter((id) => !taken.has(id))
      if (free.length < count) return undefined
      const ids = free.slice(0, count)
      claimedHere.set(own, ids)
      return ids
    },
    release: (attempt) => void claimedHere.delete(containerOf(attempt)),
  }
}

/** The NVIDIA driver lists its devices here. Without this folder there is no GPU. */
export function countGpus(folder = '/proc/driver/nvidia/gpus'): number {
  return existsSync(folder) ? readdirSync(folder).length : 0
}
