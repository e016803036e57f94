import { type Containers, removeContainer } from './containers.ts'
import type { EngineClient } from './engine-client.ts'
import type { JobNetwork } from './job-network.ts'
import { emptyByContainer, type Scratch } from './scratch.ts'

/**
 * Takes an attempt away, its container last: what was cut off before that is still listed, and a repeat does the rest. So
 * a group's holder, which is no attempt and is listed nowhere, is gone before the last of its parts is.
 */
export interface RemovalParts {
  readonly engine: EngineClient
  readonly containers: Containers
  readonly scratch: Scratch
  readonly network: JobNetwork
  /** Resolves when the attempt no longer runs. */
  kill(name: string): Promise<void>
}

export async function removeAttempt(parts: RemovalParts, name: string): Promise<void> {
  if (await parts.scratch.has(name)) await removeScratch(parts, name)
  const id = await parts.containers.idOf(name)
  if (id !== undefined) await removeContainer(parts.engine, id)
}

/** Before the container goes, whose image may be needed for it; but not under the feet of what still runs. */
async function removeScratch({ engine, containers, scratch, network, kill }: RemovalParts, name: string) {
  const container = await containers.look(name)
  if (container?.State.Running) await kill(name)
  await scratch.remove(name, {
    image: container?.Image,
    asRoot: (image, directory) => emptyByContainer(engine, image, directory),
    groupEnds: (group) => network.endGroup(group),
  })
}
