/**
 * Reads the value of a secret from a file, from standard input, or from a user who types it unseen.
 * Never from the command line, which others can see.
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { limits } from '../model/limits.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

/** The file is stored unchanged. Throws `CommandFailure` if it cannot be read, or is not text. */
export function valueOfFile(path: string): string {
  try {
    return textOf(readFileSync(path))
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    throw new CommandFailure(`cannot read ${path}: ${(error as Error).message}`)
  }
}

/**
 * Typed without echo, or read to its end. In the second case one line break at the end is dropped,
 * which `echo` put there.
 */
export async function valueOfInput(terminal: Terminal, name: string): Promise<string> {
  const { input } = terminal
  return input.isTTY ? typed(terminal, name) : (await readAll(input)).replace(/\r?\n$/, '')
}

async function readAll(input: Terminal['input']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunks.at(-1)!.length
    // With a line break. A longer value is refused anyway.
    if (bytes > limits.secretBytes + 2) throw new CommandFailure(`a value has ${limits.secretBytes} bytes at most`)
  }
  return textOf(Buffer.concat(chunks))
}

function typed({ input, warn }: Terminal, name: string): Promise<string> {
  // Discards the echo.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output, terminal: true, historySize: 0 })
  warn(`Value of ${name}: `)
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    // Control-C, Control-D, or the terminal is gone. After a line the rejection changes nothing.
    lines.once('SIGINT', () => lines.close())
    lines.once('close', () => {
      warn('\n')
      reject(new CommandFailure('nothing was set'))
    })
  })
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CommandFailure('the value is not text in UTF-8; encode binary data, with base64 for example')
  }
}
