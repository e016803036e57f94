/**
 * Nextflow's calls against a real server, in the order in which it makes them, with our own object
 * store and the job's own credentials.
 */
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { startServer, type TestServer, type TestServerOptions, tail } from '../../support/openbatch-server.ts'
import { Manager } from './manager.ts'
import { definitionFor, errorOf, exitOf, noExitCode, publish, submit, type Task } from './nextflow.ts'

export interface NextflowExercise {
  readonly server: TestServerOptions
  readonly image: string
  /** Absent where jobs need no image. */
  readonly absentImage?: string
}

export function exerciseNextflow({ server: options, image, absentImage }: NextflowExercise): void {
  let server: TestServer
  let nextflow: Manager
  let jobDefinition: string

  beforeAll(async () => {
    server = await startServer(options)
    nextflow = new Manager(server.endpoint, server.administrator, 'nf-work')
    await nextflow.makeBucket()
    jobDefinition = await definitionFor(nextflow, image)
  })
  afterAll(async () => {
    nextflow?.close()
    await server?.stop()
  })

  async function run(tasks: readonly Task[], memoryMib?: number, definition = jobDefinition) {
    onTestFailed(() => console.error(`the server said:\n${tail(server.log())}`))
    const ids = await submit(nextflow, tasks, { jobDefinition: definition, ...(memoryMib && { memoryMib }) })
    const jobs = await nextflow.ended(ids)
    return ids.map((id) => jobs.get(id)!)
  }

  test('a definition is registered once for its image and settings', async () => {
    expect(await definitionFor(nextflow, image)).toBe(jobDefinition)
  })

  test('an array scatters over files with difficult names, and one task collects', async () => {
    const names = ['sample_(1 2).vcf', '.alpha', 'plain.txt']
    for (const name of names) await nextflow.put(`data/${name}`, `of ${name}\n`)
    const scatter = names.map((name, index) => ({
      ...{ folder: `work/a${index}/0`, inputs: { [name]: `data/${name}` }, outputs: ["'count of lines.txt'"] },
      script: `mkdir -p sub; wc -l < '${name}' > 'count of lines.txt'; echo counted`,
    }))
    const jobs = await run(scatter)
    expect(jobs.map(({ status }) => status)).toEqual(names.map(() => 'SUCCEEDED'))
    expect(await Promise.all(jobs.map((job, at) => exitOf(nextflow, scatter[at]!, job)))).toEqual([0, 0, 0])
    expect(await nextflow.get('work/a1/0/.command.begin')).toBe('start\n')
    expect(await nextflow.log(jobs[0]!)).toEqual(['counted'])

    const inputs = Object.fromEntries(scatter.map(({ folder }, at) => [`in${at}`, `${folder}/count of lines.txt`]))
    const gather = {
      folder: 'work/g/0',
      inputs,
      script: 'cat in* > all; mkdir sub; cp all sub/',
      outputs: ['all', 'sub'],
    }
    const [job] = await run([gather])
    expect(job).toMatchObject({ status: 'SUCCEEDED', container: { exitCode: 0 } })
    expect(await nextflow.get('work/g/0/sub/all')).toBe('1\n1\n1\n')
    expect(await nextflow.get('work/g/0/.exitcode')).toBe('0')

    for (const _ of ['first', 'again']) await publish(nextflow, 'work/g/0/all', 'results/all of (1 2)')
    expect(await nextflow.list('results/')).toEqual(['results/all of (1 2)'])
    expect(await nextflow.get('results/all of (1 2)')).toBe('1\n1\n1\n')
  })

  test('a task that fails ends with its own exit code, and its log and its files say why', async () => {
    const task = { folder: 'work/f/0', script: 'echo broken >&2; exit 7' }
    const [job] = await run([task])
    expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 7 } })
    expect(errorOf(job!)).toBe('Essential container in task exited')
    expect(await nextflow.log(job!)).toEqual(['broken'])
    expect(await nextflow.get('work/f/0/.command.err')).toBe('broken\n')
    expect(await nextflow.get('work/f/0/.exitcode')).toBe('7')
  })

  test('a task that runs out of memory says so, and its retry with more succeeds', async () => {
    const script = `head -c 100000000 /dev/zero | tail -c 99999999 > /dev/null && echo held`
    const [first] = await run([{ folder: 'work/o/1', script }], 64)
    expect(first!.status).toBe('FAILED')
    expect(errorOf(first!)).toBe(
      'Essential container in task exited - OutOfMemoryError: Container killed due to memory usage',
    )
    expect(await exitOf(nextflow, { folder: 'work/o/1', script }, first!)).toBe(137)
    const [second] = await run([{ folder: 'work/o/2', script }], 256)
    expect(second!.status).toBe('SUCCEEDED')
  })

  const hasRegistry = absentImage !== undefined
  test.runIf(hasRegistry)('a task whose image its registry does not have never starts, and says why', async () => {
    const task = { folder: 'work/i/0', script: 'echo never' }
    const [job] = await run([task], undefined, await definitionFor(nextflow, absentImage!))
    expect(job!.status).toBe('FAILED')
    expect(errorOf(job!)).toMatch(/^Task failed to start - CannotPullContainerError: .*(not found|manifest unknown)/)
    expect(await exitOf(nextflow, task, job!)).toBe(noExitCode)
    expect(await nextflow.get('work/i/0/.command.begin')).toBeUndefined()
  })

  test('what a resumed run looks for is stored where it looks', async () => {
    const task = { folder: 'work/r/0', script: 'echo done > result', outputs: ['result'] }
    await run([task])
    expect([await nextflow.get('work/r/0/.exitcode'), await nextflow.get('work/r/0/result')]).toEqual(['0', 'done\n'])
    expect(await nextflow.get('work/r/1/.exitcode')).toBeUndefined()
  })
}
