import { setTimeout as delay } from 'node:timers/promises'
import { whyNoDescriptors } from '../../ground/exhaustion.ts'
import type { Gate } from '../../ground/gate.ts'
import { parseImageReference } from '../../model/image-reference.ts'
import { type AttemptSpec, DriverUnavailable, type MountSpec, type StartOutcome } from '../driver.ts'
import { whyNotPassable } from '../environment.ts'
import { allowedRealPath } from '../real-path.ts'
import { containerBody } from './container-body.ts'
import { type Containers, hasRun, unlessAbsent } from './containers.ts'
import type { DockerImages } from './docker-images.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import type { EngineClock } from './engine-clock.ts'
import type { EngineFacts } from './engine-facts.ts'
import type { GpuClaims } from './gpu-claims.ts'
import type { JobNetwork } from './job-network.ts'
import type { Names } from './names.ts'
import { PullFailed, pullReason } from './pull-failure.ts'
import type { Scratch } from './scratch.ts'
import type { Say } from './starts-under-way.ts'

/**
 * Turns one attempt's specification into a running container: creates or adopts it, pulls the image
 * if needed, and starts it once.
 */
export interface StartParts {
  readonly clock: EngineClock
  readonly engine: EngineClient
  readonly names: Names
  readonly containers: Containers
  readonly images: DockerImages
  readonly network: JobNetwork
  readonly scratch: Scratch
  readonly gpus: GpuClaims
  readonly gate: Gate
  readonly pidsLimit: number
  /** What no job of an ordinary user may mount. */
  readonly guarded: readonly string[]
  /** Whether the engine sees the files that this process sees. */
  readonly isLocal: boolean
  facts(): Promise<EngineFacts>
}

/** AWS's own agent waits as long before it reports `DockerTimeoutError`. */
const engineTimeoutMs = 240_000
/**
 * An image may be pruned, or the network's holder may end, between two steps. The steps are then
 * repeated.
 */
const mostRounds = 4
/** How long another process may take to start the container it has just made. */
const othersStartMs = 2_000
const othersPollMs = 50

type Round = StartOutcome | 'no image' | 'no holder'

/**
 * Once `signal` fires, no further step is taken, and a container that was made but not begun is
 * removed. `say` receives the reason why the attempt is not running yet.
 */
export async function startAttempt(
  parts: StartParts,
  spec: AttemptSpec,
  signal: AbortSignal,
  say: Say,
): Promise<StartOutcome> {
  const image = parseImageReference(spec.image)
  if (image === undefined) return failed(pullReason(`invalid reference format: ${spec.image}`))
  const why = whyNotPassable([...(spec.entryPoint ?? []), ...spec.command], spec.environment)
  if (why !== undefined) return failed(`CannotStartContainerError: ${why}`)
  const release = parts.images.hold(image)
  const onProgress = (progress: string) => say(`image ${spec.image} ${progress}`)
  const pull = { signal, credentials: spec.registryAuth, onProgress }
  try {
    // A container that is there is adopted, whatever the registry has now.
    if (parts.images.asksFirst && (await parts.containers.look(spec.name)) === undefined)
      await parts.images.prepare(image, pull)
    for (let round = 0; round < mostRounds; round++) {
      say('it waits until fewer containers are being started')
      const result = await parts.gate.pass(() => {
        say('its container is being made and started')
        return startOnce(parts, spec, signal)
      }, signal)
      if (result === 'no image') await parts.images.fetch(image, pull)
      else if (result !== 'no holder') {
        if (result.kind === 'started') await parts.images.used(image)
        return result
      }
    }
    return { kind: 'unknown', why: 'the image or the network of the jobs vanished again and again' }
  } catch (error) {
    if (signal.aborted) return { kind: 'unknown', why: 'the start was given up' }
    if (error instanceof PullFailed) return failed(pullReason(error.message, spec.registryAuth?.password))
    if (error instanceof DriverUnavailable) return { kind: 'unknown', why: error.message }
    if (error instanceof EngineRefusal) return { kind: 'unknown', why: `the engine refused: ${error.message}` }
    throw error
  } finally {
    release()
    parts.gpus.release(spec.name)
  }
}

async function startOnce(parts: StartParts, spec: AttemptSpec, signal: AbortSignal): Promise<Round> {
  const scarce = whyNoDescriptors()
  if (scarce !== undefined) return { kind: 'unknown', why: scarce }
  const facts = await parts.facts()
  const volumes = spec.mounts.flatMap((mount) => (mount.kind === 'scratch' ? [mount.volume] : []))
  // The attempt joins its group before anything is made for it, so that whoever removes the attempt
  // finds the group too.
  if (volumes.length > 0 || spec.group !== undefined) await parts.scratch.make(spec, volumes)
  const networkMode = await parts.network.mode(facts, spec.group)
  const gpuIds = await parts.gpus.claim(spec.name, spec.gpus)
  if (gpuIds === undefined) return { kind: 'unknown', why: `${spec.gpus} GPUs are not free` }
  signal.throwIfAborted()

  const confined = confinedMounts(spec, parts)
  if ('why' in confined) return failed(`CannotCreateContainerError: ${confined.why}`)
  const body = containerBody({ ...spec, mounts: confined.mounts }, facts, {
    ...{ installationId: parts.names.installationId, networkMode, gpuIds },
    pidsLimit: parts.pidsLimit,
    scratchPath: (volume) => parts.scratch.path(spec, volume),
  })
  let id: string
  try {
    const query = { name: parts.names.container(spec.name) }
    const call = { method: 'POST', path: '/containers/create', query, body, timeoutMs: engineTimeoutMs } as const
    id = (await parts.engine.call<{ Id: string }>(call)).Id
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    if (error.status === 404 && /image/i.test(error.message)) return 'no image'
    if (error.status === 409 && /in use/i.test(error.message)) return adopt(parts, spec, signal)
    if (parts.network.lostHolder(error, spec.group)) return 'no holder'
    return failed(
      missingSource(confined.mounts, error) ??
        `CannotCreateContainerError: Error response from daemon: ${error.message}`,
    )
  }
  parts.containers.remember(spec.name, id)
  if (signal.aborted) {
    await takeAway(parts, spec.name, id)
    signal.throwIfAborted()
  }
  return begin(parts, spec, id)
}

/** The reason of an attempt that needs a directory of the host which does not exist. */
function missingSource(mounts: readonly MountSpec[], { message }: EngineRefusal): string | undefined {
  if (!/bind source path does not exist/i.test(message)) return undefined
  for (const mount of mounts)
    if (mount.kind === 'host' && mount.mustExist !== undefined && message.trim().endsWith(mount.sourcePath))
      return mount.mustExist
  return undefined
}

/**
 * The mounts of a job whose owner may not reach the host, each by its real path. Otherwise a link
 * that the job's owner made could lead the engine elsewhere.
 */
function confinedMounts(
  { confinement, mounts }: AttemptSpec,
  { guarded, isLocal }: StartParts,
): { readonly mounts: readonly MountSpec[] } | { readonly why: string } {
  if (confinement === undefined) return { mounts }
  const checked: MountSpec[] = []
  for (const mount of mounts) {
    if (mount.kind === 'scratch' || mount.isSupplied) {
      checked.push(mount)
      continue
    }
    if (!isLocal) return { why: `the engine is on another machine, where ${mount.sourcePath} cannot be checked` }
    const found = allowedRealPath(mount, { allowed: confinement.hostPaths, guarded })
    if ('why' in found) return found
    checked.push({ ...mount, sourcePath: found.path })
  }
  return { mounts: checked }
}

/**
 * The name is taken: by this attempt, made earlier or by another process just now, or by a foreign
 * container.
 */
async function adopt(parts: StartParts, spec: AttemptSpec, signal: AbortSignal): Promise<Round> {
  const deadline = performance.now() + othersStartMs
  for (;;) {
    const container = await parts.containers.look(spec.name)
    if (container !== undefined) {
      if (hasRun(container)) return { kind: 'started' }
      // The container is made but not begun. Its maker may be about to begin it, and beginning a
      // short job twice could run it twice. So the maker gets time first.
      const ageMs = Date.now() - parts.clock.toOurs(Date.parse(container.Created))
      const isLeft = ageMs >= othersStartMs || performance.now() >= deadline
      if (isLeft) return begin(parts, spec, container.Id)
    } else if (performance.now() >= deadline) {
      const name = parts.names.container(spec.name)
      return failed(`CannotCreateContainerError: the name ${name} is in use by a container that is not openbatch's`)
    }
    await delay(othersPollMs, undefined, { signal })
  }
}

async function begin(parts: StartParts, { name, group }: AttemptSpec, id: string): Promise<Round> {
  try {
    await parts.engine.call({ method: 'POST', path: `/containers/${id}/start`, timeoutMs: engineTimeoutMs })
    return { kind: 'started' }
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    const container = await parts.containers.look(name)
    if (container !== undefined && hasRun(container)) return { kind: 'started' }
    if (isEnginesTrouble(error)) return { kind: 'unknown', why: error.message }
    const lostHolder = parts.network.lostHolder(error, group)
    if (container !== undefined) await takeAway(parts, name, id)
    if (lostHolder) return 'no holder'
    return failed(`CannotStartContainerError: Error response from daemon: ${error.message}`)
  }
}

/**
 * Removes a container that has not run. It does not force the removal: a container that runs after
 * all stays, and the error says so.
 */
async function takeAway(parts: StartParts, name: string, id: string): Promise<void> {
  const call = { method: 'DELETE', path: `/containers/${id}`, query: { v: '1' }, timeoutMs: engineTimeoutMs } as const
  await unlessAbsent(parts.engine.call(call))
  parts.containers.forget(name)
}

/**
 * The engine's own parts fail to reach each other (a restart, an overload). This says nothing about
 * the container.
 */
function isEnginesTrouble(refusal: EngineRefusal): boolean {
  return /context (deadline exceeded|canceled)|transport is closing|ttrpc: closed|code = Unavailable|containerd\.sock/i.test(
    refusal.message,
  )
}

function failed(reason: string): StartOutcome {
  return { kind: 'failed', reason }
}
