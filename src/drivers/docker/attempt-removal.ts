import { type Containers, removeContainer } from './containers.ts'
import type { EngineClient } from './engine-client.ts'
import type { JobNetwork } from './job-network.ts'
import { emptyByContainer, type Scratch } from './scratch.ts'

/**
 * Removes an attempt, its container last. If the removal is cut off earlier, the container is still
 * listed and a repeat does the rest. A group's holder is no attempt and appears in no list, so it
 * is removed before the last part of its group.
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

/**
 * Runs before the container is removed, because its image may be needed. Never runs while anything
 * of the attempt still runs.
 */
async function removeScratch({ engine, containers, scratch, network, kill }: RemovalParts, name: string) {
  const container = await containers.look(name)
  if (container?.State.Running) await kill(name)
  await scratch.remove(name, {
    image: container?.Image,
    asRoot: (image, directory) => emptyByContainer(engine, image, directory),
    groupEnds: (group) => network.endGroup(group),
  })
}
