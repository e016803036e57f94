/**
 * Jobs of several containers: how they wait for each other, what is shown of each, and where each
 * one's log is.
 */
import { expect, test } from 'vitest'
import type { RegisterJobDefinitionRequest, TaskContainerProperties } from '../../../src/model/generated/batch.ts'
import { logLines, needs, reach, register, type Setting, submit } from './setting.ts'

/** Only clients since 2024 know `ecsProperties`. */
export function exerciseTasks(given: () => Setting): void {
  /** Has a scratch directory that the whole task shares, at `TMPDIR` or `/tmp`. */
  const task = (
    containers: readonly Omit<TaskContainerProperties, 'image'>[],
  ): Partial<RegisterJobDefinitionRequest> => ({
    ecsProperties: {
      taskProperties: [
        {
          volumes: [{ name: 'work', host: {} }],
          containers: containers.map((container) => ({
            ...{ image: given().image, resourceRequirements: needs(1, 64) },
            mountPoints: [{ sourceVolume: 'work', containerPath: '/tmp' }],
            ...container,
          })),
        },
      ],
    },
  })
  const shell = (script: string) => ({ command: ['sh', '-c', script] })
  const file = '"$' + '{TMPDIR:-/tmp}/made"'

  test('three containers start according to their conditions, share their scratch, and each has its log', async () => {
    const definition = await register(given(), 'three', '', {
      ...task([
        { name: 'beside', essential: false, ...shell('echo beside; exec sleep 600') },
        {
          ...{ name: 'prepare', essential: false },
          ...shell(`echo "prepare $GREETING"; sleep 1; echo made > ${file}; exit 4`),
          dependsOn: [{ containerName: 'beside', condition: 'START' }],
        },
        {
          ...{ name: 'check', essential: false, ...shell(`cat ${file}`) },
          dependsOn: [{ containerName: 'prepare', condition: 'COMPLETE' }],
        },
        {
          ...{ name: 'main', ...shell(`echo main; cat ${file}; echo "of $AWS_BATCH_JOB_ID" >&2`) },
          dependsOn: [{ containerName: 'check', condition: 'SUCCESS' }],
        },
      ]),
    })
    const { jobId } = await given().asUser.batch('SubmitJob', {
      ...{ jobName: 'three', jobQueue: 'default', jobDefinition: definition },
      ecsPropertiesOverride: {
        taskProperties: [{ containers: [{ name: 'prepare', environment: [{ name: 'GREETING', value: 'hello' }] }] }],
      },
    })
    const job = await reach(given(), jobId!, 'SUCCEEDED')
    expect(job.statusReason).toBe('Essential container in task exited')
    // AWS leaves `container` empty for these jobs.
    expect(job.container ?? {}).toEqual({})
    const { containers } = job.attempts![0]!.taskProperties![0]!
    expect(containers!.map(({ name, exitCode }) => [name, exitCode])).toEqual([
      ['beside', expect.toBeOneOf([137, 143])],
      ['prepare', 4],
      ['check', 0],
      ['main', 0],
    ])
    const now = job.ecsProperties!.taskProperties![0]!.containers!
    expect(now.map(({ name, exitCode, logStreamName }) => ({ name, exitCode, logStreamName }))).toEqual(
      containers!.map(({ name, exitCode, logStreamName }) => ({ name, exitCode, logStreamName })),
    )
    for (const { name, logStreamName } of containers!) {
      expect(logStreamName).toMatch(new RegExp(`^three/${name}/[0-9a-f]{32}$`))
      const lines = await logLines(given(), logStreamName!)
      expect(lines.sort(), name).toEqual(
        {
          beside: ['beside'],
          prepare: ['prepare hello'],
          check: ['made'],
          main: ['made', 'main', `of ${jobId}`].sort(),
        }[name!],
      )
    }
  })

  test('when an essential container fails the others are stopped, and the whole job is tried again', async () => {
    const definition = await register(given(), 'essential', '', {
      ...task([
        { name: 'beside', ...shell('exec sleep 600') },
        { name: 'main', ...shell('test $AWS_BATCH_JOB_ATTEMPT = 2 || exit 3; echo again; exit 5') },
      ]),
    })
    const job = await reach(given(), await submit(given(), definition, { retryStrategy: { attempts: 2 } }), 'FAILED')
    const exits = job.attempts!.map(({ taskProperties }) => taskProperties![0]!.containers!.map((it) => it.exitCode))
    const stopped = expect.toBeOneOf([137, 143])
    expect(exits).toEqual([
      [stopped, 3],
      [stopped, 5],
    ])
    expect(job.statusReason).toBe('Essential container in task exited')
    const [first, second] = job.attempts!.map((attempt) => attempt.taskProperties![0]!.containers![1]!.logStreamName!)
    expect(second).not.toBe(first)
    expect(await logLines(given(), second!)).toEqual(['again'])
  })
}
