import { type Static, Type } from 'typebox'
import { parseImageReference } from '../../model/image-reference.ts'
import { limits } from '../../model/limits.ts'
import { pullPolicies } from '../../model/pull-policy.ts'
import { capacitySettings, defineKind, hostPathSettings, type Probe, type ProbeWish } from '../driver-kind.ts'
import type { EngineClient } from './engine-client.ts'

const Settings = Type.Object({
  host: Type.Optional(Type.String({ description: 'engine address; if unset, DOCKER_HOST and then the usual sockets' })),
  network: Type.Enum(['shared', 'bridge', 'host'], {
    description: "network of jobs: one shared by all, a bridge for each job, or the host's own",
    default: 'shared',
  }),
  maxConcurrentStarts: Type.Number({
    description: 'containers being started at once',
    exclusiveMinimum: 0,
    default: 4,
  }),
  maxConcurrentPulls: Type.Integer({
    description: 'images being pulled at once; further ones wait',
    minimum: 1,
    default: 2,
  }),
  pullPolicy: Type.Enum([...pullPolicies], {
    description:
      'when the image of a job is pulled, in the words of ECS_IMAGE_PULL_BEHAVIOR, see images.md. ECS: default',
    default: 'prefer-cached',
  }),
  pullTries: Type.Integer({
    description: 'tries of a pull that fails for a reason that may pass. ECS: 5',
    minimum: 1,
    maximum: limits.imagePullTriesMax,
    default: limits.imagePullTries,
  }),
  pidsLimit: Type.Integer({
    description: 'processes and threads that a container may have',
    minimum: 1,
    default: limits.pidsOfContainer,
  }),
  ...hostPathSettings,
  ...capacitySettings,
})

export const docker = defineKind({
  kind: 'docker',
  summary: 'Jobs run as containers of one engine: Docker, or Podman behind Docker’s API.',
  Settings,
  isOfferedUnasked: true,
  probe,
  ownPaths({ host = '' }) {
    const socket = host.replace(/^unix:\/\//, '')
    return socket.startsWith('/') ? [socket] : []
  },
  async create(
    { host, network, maxConcurrentStarts, pidsLimit, vcpus, memoryMib, ...ofImages },
    { identity, home, scratchHome, guarded, logger },
  ) {
    const { DockerDriver } = await import('./docker-driver.ts')
    return new DockerDriver({
      ...{ installationId: identity, dataDir: home, scratchHome, guarded, network },
      ...{ maxConcurrentStarts, pidsLimit },
      ...{ maxConcurrentPulls: ofImages.maxConcurrentPulls, pullPolicy: ofImages.pullPolicy },
      ...{ pullTries: ofImages.pullTries, logger },
      ...(host === undefined ? {} : { dockerHost: host }),
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
    })
  },
})

const answerWithinMs = 15_000
const pullWithinMs = 60_000

async function probe({ host }: Static<typeof Settings>, wish?: ProbeWish): Promise<Probe> {
  const { createEngineClient } = await import('./engine-client.ts')
  const engine = createEngineClient(host)
  try {
    await engine.call({ method: 'GET', path: '/version', timeoutMs: answerWithinMs })
    return (wish && (await whyNoImage(engine, wish))) ?? { answers: true, because: 'a container engine answers' }
  } catch (error) {
    return { answers: false, because: `no container engine answers (${(error as Error).message})` }
  } finally {
    engine.close()
  }
}

async function whyNoImage(engine: EngineClient, { image, onFetch }: ProbeWish): Promise<Probe | undefined> {
  try {
    await engine.call({ method: 'GET', path: `/images/${image}/json`, timeoutMs: answerWithinMs })
    return undefined
  } catch {
    onFetch()
  }
  const { ImagePulls } = await import('./image-pulls.ts')
  try {
    const reference = parseImageReference(image)
    if (!reference) throw new Error('that is no name of an image')
    await new ImagePulls(engine, { atOnce: 1 }).pull(reference, { signal: AbortSignal.timeout(pullWithinMs) })
    return undefined
  } catch (error) {
    const why = (error as Error).message
    return {
      answers: false,
      because: `a container engine answers, but it has no image ${image} and cannot fetch it (${why})`,
    }
  }
}
