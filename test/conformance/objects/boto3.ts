/** What programs in Python do: `boto3_cases.py`, whose functions are the cases. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cliEnvironment } from '../clients/aws-cli.ts'
import type { Installed } from '../clients/installed.ts'
import { largeMegabytes, type ObjectsSetting } from './setting.ts'

const script = fileURLToPath(new URL('./boto3_cases.py', import.meta.url))
/** Its functions without parameters. */
const boto3Cases = [...readFileSync(script, 'utf8').matchAll(/^def (\w+)\(\):/gm)].map((match) => match[1]!)

interface Result {
  readonly case: string
  readonly problem: string | null
}

/** One process runs all cases, because to start one takes longer than most cases do. */
export function exerciseBoto3OnObjects(
  installed: Installed,
  given: () => ObjectsSetting,
  cases: readonly string[] = boto3Cases,
): void {
  const waiting = new Map(cases.map((name) => [name, Promise.withResolvers<string | null>()]))
  let ended: Promise<unknown> | undefined
  beforeAll(() => {
    const { endpoint } = given()
    const args = [script, endpoint, `${largeMegabytes}`, ...cases]
    const child = spawn(installed.python, args, { env: cliEnvironment(installed, given()) })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const result = JSON.parse(line) as Result
      waiting.get(result.case)?.resolve(result.problem)
    })
    ended = new Promise((resolve) =>
      child.once('close', (code) => {
        for (const each of waiting.values()) each.resolve(`boto3 ended with ${code}:\n${said}`)
        resolve(code)
      }),
    )
  })
  afterAll(() => ended)

  test.each(cases)('%s', async (name) => {
    expect(await waiting.get(name)!.promise).toBeNull()
  })
}
