/**
 * Amounts that a host has or a job uses. vCPUs may be fractions (Fargate), memory is in MiB, GPUs
 * are whole.
 */
export interface Resources {
  readonly vcpus: number
  readonly memoryMib: number
  readonly gpus: number
}

export const noResources: Resources = { vcpus: 0, memoryMib: 0, gpus: 0 }

export function plus(a: Resources, b: Resources): Resources {
  return { vcpus: a.vcpus + b.vcpus, memoryMib: a.memoryMib + b.memoryMib, gpus: a.gpus + b.gpus }
}

export function minus(a: Resources, b: Resources): Resources {
  return { vcpus: a.vcpus - b.vcpus, memoryMib: a.memoryMib - b.memoryMib, gpus: a.gpus - b.gpus }
}

export function covers(free: Resources, wanted: Resources): boolean {
  return free.vcpus >= wanted.vcpus && free.memoryMib >= wanted.memoryMib && free.gpus >= wanted.gpus
}

/** Formats an amount for people, as in `2 vCPU, 1,024 MiB`. GPUs appear only when there are any. */
export function describeResources(amount: Resources): string {
  const gpus = amount.gpus > 0 ? ` and ${amount.gpus} GPU` : ''
  return `${amount.vcpus} vCPU and ${amount.memoryMib} MiB${gpus}`
}
