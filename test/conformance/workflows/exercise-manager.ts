/** Runs the example of a workflow manager, whose jobs are plain processes with the manager's own environment. */
import { describe } from 'vitest'
import { type ExampleExercise, exerciseExample } from './exercise-example.ts'
import { installedManager, type ManagerName } from './installed.ts'

export function exerciseManager(
  exercise: Omit<ExampleExercise, 'example' | 'commands'> & { readonly manager: ManagerName },
): void {
  const { commands, version } = installedManager(exercise.manager)
  describe(`${version} on the ${exercise.server?.driver ?? 'process'} driver`, () =>
    exerciseExample({ ...exercise, example: exercise.manager, commands }))
}
