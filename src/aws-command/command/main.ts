/**
 * The supplied `aws` command: the part of the AWS CLI 2 that jobs of workflow managers use, with its
 * output and exit codes. docs/use/aws-command.md lists it. The build makes one file of it.
 */
import { globalOptions, type OptionTable, parse } from './arguments.ts'
import { runConfigure } from './configure.ts'
import { exitCodes, Failure, messageOf, notSupplied, wrongUsage } from './failure.ts'
import { Interruption } from './interruption.ts'
import { type Output, processOutput } from './output.ts'
import { listOptions, runList } from './s3-ls.ts'
import { runTransfer, transferOptions } from './s3-transfers.ts'
import { apiOptions, runApi } from './s3api.ts'
import { Services } from './services.ts'
import type { Environment } from './settings.ts'
import { runSts } from './sts.ts'

type Run = (words: readonly string[], services: Services) => Promise<number>

interface Command {
  readonly options: OptionTable
  readonly run: Run
}

/** Undefined for what the CLI has and this command has not. */
function commandOf(service: string, operation: string | undefined): Command | undefined {
  const named = `${service} ${operation ?? ''}`.trimEnd()
  if (named === 's3 ls') return { options: listOptions, run: runList }
  if (service === 's3' && operation !== undefined && Object.hasOwn(transferOptions, operation)) {
    const verb = operation as keyof typeof transferOptions
    return { options: transferOptions[verb], run: (words, services) => runTransfer(verb, words, services) }
  }
  if (service === 's3api' && operation !== undefined && Object.hasOwn(apiOptions, operation))
    return { options: apiOptions[operation]!, run: (words, services) => runApi(operation, words, services) }
  if (named === 'sts get-caller-identity')
    return { options: {}, run: (words, services) => runSts('get-caller-identity', words, services) }
  if (service === 'configure')
    return { options: {}, run: (words, services) => runConfigure(operation, words, services) }
  return undefined
}

/** Answers the exit code. */
export async function runAws(
  args: readonly string[],
  env: Environment,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  let services: Services | undefined
  try {
    const { words, options, rest } = parse(args, globalOptions, { mostWords: 2 })
    if (options.has('version')) return version(output)
    const [service, operation] = words
    if (service === undefined) throw wrongUsage('the following arguments are required: command')
    if (service !== 'configure' && operation === undefined)
      throw wrongUsage('the following arguments are required: operation')
    const command = commandOf(service, operation)
    if (!command) throw notSupplied(`${service} ${operation}`)
    const { words: own } = parse(rest, { ...globalOptions, ...command.options }, { options })
    services = new Services(options, env, output, interruption)
    return await command.run(own, services)
  } catch (error) {
    // What a signal stopped fails in many ways.
    return failed(interruption.signal.reason ?? error, output)
  } finally {
    services?.close()
  }
}

function version(output: Output): number {
  output.line(`aws-cli/2.0.0 openbatch Node/${process.versions.node} Linux/${process.arch}`)
  return 0
}

function failed(error: unknown, output: Output): number {
  const advice = error instanceof Failure ? error.advice : undefined
  const message = advice === undefined ? messageOf(error) : `${messageOf(error)}. ${advice}`
  output.error(message.startsWith('\n') ? message : `\n${message}`)
  return error instanceof Failure ? error.exitCode : exitCodes.general
}

/** Whoever reads the output may leave before its end. */
process.stdout.on('error', () => process.exit(exitCodes.transferFailed))
const interruption = new Interruption()
interruption.listen()
process.exitCode = await runAws(process.argv.slice(2), process.env, processOutput, interruption)
// Standard input may still be open.
process.stdin.destroy()
