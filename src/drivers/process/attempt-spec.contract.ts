import type { AttemptSpec } from '../driver.ts'

/** The shortest specification of an attempt that runs as a process. */
export function attemptSpec(name: string, command: readonly string[], change: Partial<AttemptSpec> = {}): AttemptSpec {
  return {
    name,
    jobId: name,
    attempt: 1,
    image: 'none',
    command,
    environment: {},
    vcpus: 1,
    cpuIsHardLimit: false,
    memoryMib: 128,
    gpus: 0,
    privileged: false,
    readonlyRootFilesystem: false,
    mounts: [],
    ulimits: [],
    labels: {},
    ...change,
  }
}
