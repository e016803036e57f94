/** boto3, as a client: one Python process that makes the given calls one after another. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { accessVariables, type ClientKind, clientOf, plainEnvironment, ServiceError } from './client.ts'
import { boto3Version, type Installed } from './installed.ts'

const worker = fileURLToPath(new URL('./boto3_worker.py', import.meta.url))

interface Reply {
  readonly answer?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

export function boto3(installed: Installed): ClientKind {
  return {
    name: boto3Version(installed),
    open(access) {
      const off = access.clockOffSeconds
      const before = off === undefined ? [] : ['faketime', '-f', `${off < 0 ? '-' : '+'}${Math.abs(off)}s`]
      const signing = access.credentials ? 'signed' : 'unsigned'
      const [file, ...args] = [...before, installed.python, worker, access.endpoint, signing]
      const env = { ...plainEnvironment(), ...accessVariables(access) }
      const child = spawn(file!, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      const waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = []
      createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
      child.once('close', (code) => {
        for (const call of waiting.splice(0)) call.reject(new Error(`boto3 ended with ${code}:\n${said}`))
      })
      const call = async (service: string, operation: string, input: object) => {
        const { answer, error } = await new Promise<Reply>((resolve, reject) => {
          waiting.push({ resolve, reject })
          child.stdin.write(`${JSON.stringify({ service, operation, input })}\n`)
        })
        if (error) throw new ServiceError(error.code, error.message)
        return answer
      }
      return clientOf(call, () => child.stdin.end())
    },
  }
}
