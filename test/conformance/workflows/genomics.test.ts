/**
 * `npm run genomics`: the workflow of `examples/genomics` on the docker driver, from its reads to its report, with a step that
 * runs out of memory. With plain boto3; GENOMICS_WAYS=all runs it with Toil and Snakemake too (`npm run test:workflows`).
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { root } from '../../support/built.ts'

const example = join(root, 'examples', 'genomics')
const ways = process.env.GENOMICS_WAYS === 'all' ? ['boto3', 'toil', 'snakemake'] : ['boto3']
// Each job of Toil and Snakemake starts Python with all of theirs: a minute or two each, and more on a loaded machine.
const patienceMs = 600_000 * ways.length
let home: string

beforeAll(() => {
  // Outside of /tmp, which is scratch space to some jobs.
  home = mkdtempSync('/var/tmp/openbatch-genomics-')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

function genomics(only?: string) {
  const args = [join(root, 'scripts', 'genomics', 'run.ts'), ...(only ? ['--only', only] : [])]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NO_COLOR: '1', GENOMICS_DIR: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGTERM'))
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more
      child.emit('told')
    })
  return { child, out: () => text, ended: once(child, 'close').then(([code]) => code as number | null) }
}

/** The same steps of the same reads, without any server. */
async function reportOfThisMachine(): Promise<string> {
  const [reads, trimmed, stats] = ['reads', 'trimmed', 'stats'].map((name) => join(home, 'alone', name))
  for (const folder of [trimmed!, stats!]) mkdirSync(folder, { recursive: true })
  execFileSync('python3', [join(example, 'make_reads.py'), reads!])
  const fastq = `python3 ${join(example, 'fastq.py')}`
  const script = `for file in ${reads}/*; do
      name=$(basename $file .fastq); ${fastq} trim $file ${trimmed}/$name.fastq > ${stats}/$name.tsv
    done
    ${fastq} kmers ${trimmed}/* > ${home}/alone/kmers.tsv; ${fastq} report ${home}/alone/kmers.tsv ${stats}/*`
  const { stdout } = await promisify(execFile)('sh', ['-ec', script])
  rmSync(join(home, 'alone'), { recursive: true })
  return stdout
}

test(
  'the report is that of the same steps without a server, after a retry with more memory',
  async () => {
    const { out, ended } = genomics(ways.length === 1 ? ways[0] : undefined)
    const expected = await reportOfThisMachine()
    expect(await ended, out()).toBe(0)
    expect(expected.split('\n')).toHaveLength(23)
    for (const way of ways) expect(readFileSync(join(home, 'results', `${way}.tsv`), 'utf8'), way).toBe(expected)
    const retried =
      /the step kmers with 2048 MiB: FAILED, exit code (137|1), OutOfMemoryError: Container killed due to memory usage\n.*with 4096 MiB: SUCCEEDED, exit code 0/g
    expect(out().match(retried), out()).toHaveLength(ways.length)
    for (const way of ways) expect(out()).toContain(`The report of ${way} is ${join(home, 'results', `${way}.tsv`)}`)
    if (ways.length > 1) expect(out()).toContain(`All ${ways.length} reports are equal, byte by byte`)
    expect(readFileSync(join(home, 'results', 'boto3.log'), 'utf8')).toContain('report FAILED Dependent Job failed')
    expect(readdirSync(home)).toEqual(['results'])
  },
  patienceMs,
)

test.each([
  ['while its engine starts', /No container engine answers/],
  ['in the middle', / RUNNING/],
])('stopped %s, it takes everything away', async (_, said) => {
  const { child, out, ended } = genomics('boto3')
  while (!said.test(out()) && child.exitCode === null) await Promise.race([once(child, 'told'), ended])
  child.kill('SIGINT')
  expect(await ended, out()).toBe(130)
  expect(readdirSync(home)).toEqual(['results'])
})
