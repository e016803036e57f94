import type { EngineClient } from './engine-client.ts'
import type { EngineClock } from './engine-clock.ts'

/**
 * What the engine reports about itself and its host (`GET /info`), as far as the driver depends on
 * it.
 */
export interface EngineFacts {
  readonly vcpus: number
  readonly memoryMib: number
  readonly memoryBytes: number
  /** As `uname -r` reports it. */
  readonly kernel: string | undefined
  /** As `uname -m` reports it: `x86_64`, `aarch64`. */
  readonly architecture: string
  readonly cgroupVersion: 1 | 2
  readonly limitsMemory: boolean
  readonly limitsSwap: boolean
  readonly limitsCpu: boolean
  readonly rootless: boolean
  readonly logDrivers: readonly string[]
  readonly version: string
}

/** The fields of `GET /info` that Docker and Podman both answer. */
interface Info {
  NCPU?: number
  MemTotal?: number
  Architecture?: string
  KernelVersion?: string
  CgroupVersion?: string
  MemoryLimit?: boolean
  SwapLimit?: boolean
  CpuCfsQuota?: boolean
  SecurityOptions?: string[] | null
  Plugins?: { Log?: string[] | null }
  ServerVersion?: string
  SystemTime?: string
}

const infoTimeoutMs = 15_000

/** `clock` learns how far the engine's clock is from ours. */
export async function readEngineFacts(engine: EngineClient, clock: EngineClock): Promise<EngineFacts> {
  const asked = clock.ask()
  const info = await engine.call<Info>({ method: 'GET', path: '/info', timeoutMs: infoTimeoutMs })
  clock.heard(info.SystemTime, asked)
  return {
    vcpus: info.NCPU ?? 1,
    memoryMib: Math.floor((info.MemTotal ?? 0) / (1024 * 1024)),
    memoryBytes: info.MemTotal ?? 0,
    kernel: info.KernelVersion,
    architecture: info.Architecture ?? 'x86_64',
    cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
    limitsMemory: info.MemoryLimit !== false,
    limitsSwap: info.SwapLimit !== false,
    limitsCpu: info.CpuCfsQuota !== false,
    rootless: (info.SecurityOptions ?? []).some((option) => option.includes('name=rootless')),
    logDrivers: info.Plugins?.Log ?? [],
    version: info.ServerVersion ?? 'unknown',
  }
}

/** Sentences for an operator who uses this engine. */
export function factNotes(facts: EngineFacts): string[] {
  const notes: string[] = []
  if (!facts.limitsMemory) notes.push('The engine cannot limit memory: jobs may take more than they asked for.')
  if (facts.limitsMemory && !facts.limitsSwap) notes.push('The engine cannot limit swap: maxSwap has no effect.')
  if (!facts.limitsCpu) notes.push('The engine has no hard CPU limit: FARGATE jobs may use more than their vCPUs.')
  if (facts.cgroupVersion === 2) notes.push('The engine runs on cgroup v2: swappiness has no effect.')
  if (facts.rootless) notes.push('The engine runs rootless: jobs own files as the user it runs as.')
  if (!facts.logDrivers.includes('local')) {
    notes.push('The engine has no log driver "local": output that is not UTF-8 may lose bytes at 16 KiB.')
  }
  return notes
}
