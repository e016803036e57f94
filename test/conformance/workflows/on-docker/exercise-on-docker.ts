/**
 * Runs the example of a workflow manager with its jobs in containers of a real engine, and then its
 * failures. The image has Debian's Python and the manager's own environment.
 */
import { dirname } from 'node:path'
import { beforeAll, describe } from 'vitest'
import { loadDebianImage } from '../../../engine/debian-image.ts'
import { engineJson } from '../../../engine/engine-http.ts'
import { startContainers } from '../containers.ts'
import { type ExampleExercise, exerciseExample } from '../exercise-example.ts'
import { installedManager, type ManagerName } from '../installed.ts'

export interface DockerExercise extends Omit<ExampleExercise, 'example' | 'commands'> {
  readonly manager: ManagerName
  /** What the example calls the image. */
  readonly image: string
}

/** To be awaited, because the engine starts before the tests are known. */
export async function exerciseOnDocker({ manager, image, ...exercise }: DockerExercise): Promise<void> {
  const { commands, version } = installedManager(manager)
  const { engine, server, absentImage } = await startContainers()
  beforeAll(async () => {
    await loadDebianImage(engine.socketPath, {
      ...{ reference: 'manager:local', folders: [dirname(commands)] },
      changes: [`ENV PATH=${commands}:/usr/local/bin:/usr/bin:/bin`],
    })
    const colon = image.lastIndexOf(':')
    const query = new URLSearchParams({ repo: image.slice(0, colon), tag: image.slice(colon + 1) })
    await engineJson(engine.socketPath, 'POST', `/images/manager:local/tag?${query}`)
  })
  describe(`${version} on the docker driver`, () =>
    exerciseExample({
      ...{ ...exercise, example: manager, commands },
      variables: { ABSENT_IMAGE: absentImage, ...exercise.variables },
      server: { ...server, ...exercise.server, env: { ...server.env, ...exercise.server?.env } },
    }))
}
