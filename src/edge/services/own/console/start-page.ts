/**
 * `/console/` tells whoever opens the address that quickstart prints what to do next. The page has
 * no scripts and no secrets; the operations are in the AWS CLI and the SDKs. Its commands work as
 * they are: `test/conformance/console-page.test.ts` types them.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { shellWord } from '../../../../ground/shell-word.ts'
import type { PublicRoute } from '../../../service.ts'

const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export interface Installation {
  /** Absolute path of the command `openbatch`. */
  readonly command: string
  readonly dataDir: string
}

export function consoleRoutes(installation: Installation): readonly PublicRoute[] {
  const publicBecause = 'a page that tells how to sign requests; it holds no data'
  return [
    { method: 'GET', url: '/console', publicBecause, answer: (_request, reply) => reply.redirect('/console/') },
    { method: 'GET', url: '/console/', publicBecause, answer: (request, reply) => show(installation, request, reply) },
  ]
}

function show(installation: Installation, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('content-type', 'text/html; charset=utf-8')
  reply.header('content-security-policy', contentSecurityPolicy)
  reply.header('x-content-type-options', 'nosniff')
  const endpoint = `${request.protocol}://${request.host.replace(/[^A-Za-z0-9.:[\]-]/g, '')}`
  // Paths of this machine are useful only on this machine.
  return reply.send(page(endpoint, isLoopback(request.ip) ? withKeyOf(installation) : withKeyGiven(endpoint)))
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

function withKeyOf({ command, dataDir }: Installation): string {
  const dir = `--data-dir ${shellWord(dataDir)}`
  const evaluated = shellWord(command)
  return `<p>On this machine, as the account that runs the server:</p>
<pre>eval "$(${text(`${evaluated} env ${dir}`)})"
${commands}</pre>
<p>An administrator gives others their keys with <code>${text(`${evaluated} user add NAME ${dir}`)}</code>.</p>`
}

function withKeyGiven(endpoint: string): string {
  return `<p>Ask an administrator of the server for a key (<code>openbatch user add NAME</code>), then:</p>
<pre>export AWS_ENDPOINT_URL=${endpoint} AWS_DEFAULT_REGION=us-west-2
export AWS_ACCESS_KEY_ID=<em>your key</em> AWS_SECRET_ACCESS_KEY=<em>its secret</em>
${commands}</pre>`
}

const commands = text(`aws batch describe-job-queues
aws batch register-job-definition --job-definition-name hello --type container --container-properties \\
  '{"image":"busybox:1.36","command":["echo","hello"],"resourceRequirements":[{"type":"VCPU","value":"1"},{"type":"MEMORY","value":"64"}]}'
aws batch submit-job --job-name hello --job-queue default --job-definition hello
aws batch list-jobs --job-queue default --filters name=JOB_NAME,values=hello
aws logs filter-log-events --log-group-name /aws/batch/job --log-stream-name-prefix hello/`)

function text(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function page(endpoint: string, howToGoOn: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>openbatch</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}pre{background:#8881;padding:1rem;overflow:auto}</style>
<h1>openbatch</h1>
<p>This server answers the AWS Batch API at <code>${endpoint}</code>. This version has no graphical console: jobs are
submitted and watched with the AWS CLI, boto3 or an SDK.</p>
${howToGoOn}
`
}
