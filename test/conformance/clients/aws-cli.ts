/** The AWS command line, as a client: each call is a run of `aws`. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { type Access, accessVariables, type ClientKind, clientOf, plainEnvironment, ServiceError } from './client.ts'
import { cliVersion, type Installed } from './installed.ts'

export function awsCli(installed: Installed): ClientKind {
  const command = join(installed.commandFolder, 'aws')
  return {
    name: cliVersion(installed),
    open(access) {
      const env = cliEnvironment(installed, access)
      const before = access.clockOffSeconds === undefined ? [] : ['faketime', '-f', signed(access.clockOffSeconds)]
      const unsigned = access.credentials ? [] : ['--no-sign-request']
      return clientOf(async (service, operation, input) => {
        // One request for each call. The command line's own paging has its own test.
        const args = [service, dashed(operation), '--no-paginate', '--output', 'json', ...unsigned]
        const [file, ...rest] = [...before, command, ...args, '--cli-input-json', JSON.stringify(input)]
        const { stdout } = await run(file!, rest, env)
        return stdout.trim() === '' ? {} : JSON.parse(stdout)
      })
    },
  }
}

/** The environment in which a user who followed the documentation types `aws` and `jq`. */
export function cliEnvironment(installed: Installed, access: Access): Record<string, string> {
  const plain = plainEnvironment()
  return { ...plain, ...accessVariables(access), PATH: `${installed.commandFolder}:${plain.PATH}`, AWS_PAGER: '' }
}

/**
 * Runs a program to its end. Throws the service's error if it prints one, else its whole output.
 */
export function run(file: string, args: string[], env: Record<string, string>, cwd?: string) {
  return new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile(file, args, { env, cwd, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 }, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr })
      const told = /An error occurred \(([\w.]+)\) when calling the \w+ operation[^:]*: (.*)/s.exec(stderr)
      if (told) return reject(new ServiceError(told[1]!, told[2]!.trim()))
      reject(new Error(`${file} ${args.join(' ')} ended with ${error.code ?? error.signal}:\n${stderr}${stdout}`))
    })
  })
}

/** `GetLogEvents` → `get-log-events`. */
function dashed(operation: string): string {
  return operation.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

function signed(seconds: number): string {
  return `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s`
}
