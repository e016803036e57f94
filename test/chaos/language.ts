/** What jobs are ordered to do, in the language of the driver that runs them. */
import type { RegisterJobDefinitionCommandInput } from '@aws-sdk/client-batch'
import { type ShellSteps, shellJob } from './shell-job.ts'

type Word = string | ShellSteps[number]

export interface Language {
  print(text: string, count: number): Word
  pause(ms: number): Word
  exit(code: number): Word
  /** Affects only the child with this index of an array. */
  exitAt(index: number, code: number): Word
  /** `container` is its place among those of its task, if there are several. */
  command(words: readonly Word[], container?: number): string[]
}

export const scriptedLanguage: Language = {
  print: (text, count) => `print ${text} x${count}`,
  pause: (ms) => `run ${ms}ms`,
  exit: (code) => `exit ${code}`,
  exitAt: (index, code) => `exit-at ${index} ${code}`,
  command: (words) => words as string[],
}

export const shellLanguage: Language = {
  print: (text, count) => ({ print: text, count }),
  pause: (ms) => ({ pauseMs: ms }),
  exit: (code) => ({ exit: code }),
  exitAt: (index, code) => ({ exitAtIndex: index, code }),
  command: (words, container) => ['sh', '-c', shellJob(words as ShellSteps, container)],
}

/** The lines of `print`. */
export function numbered(text: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${text} ${index + 1}`)
}

/** What each container of the campaign needs, whatever kind of job it belongs to. */
export interface Around {
  readonly image: string
  readonly environment: { readonly name: string; readonly value: string }[]
  /** Directories of the host and where they are mounted. */
  readonly volumes: readonly { readonly name: string; readonly sourcePath: string; readonly containerPath: string }[]
}

export type Definition = Pick<
  RegisterJobDefinitionCommandInput,
  'type' | 'containerProperties' | 'ecsProperties' | 'eksProperties' | 'nodeProperties' | 'consumableResourceProperties'
>

/** The container of a job with a single one. */
export function onlyContainer({ image, environment, volumes }: Around): Definition['containerProperties'] {
  return {
    ...{ image, command: ['true'], environment: [...environment] },
    resourceRequirements: [
      { type: 'VCPU', value: '1' },
      { type: 'MEMORY', value: '64' },
    ],
    volumes: [
      ...volumes.map(({ name, sourcePath }) => ({ name, host: { sourcePath } })),
      ...(volumes.length > 0 ? [{ name: 'scratch' }] : []),
    ],
    mountPoints: [
      ...volumes.map(({ name, containerPath }) => ({ sourceVolume: name, containerPath })),
      ...(volumes.length > 0 ? [{ sourceVolume: 'scratch', containerPath: '/scratch' }] : []),
    ],
  }
}
