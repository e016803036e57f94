/**
 * `/console/`: what to do next, for whoever opens the address quickstart prints. A page without scripts or secrets; the operations are in
 * the AWS CLI and the SDKs.
 */
import type { FastifyInstance } from 'fastify'

const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export function consoleRoutes(app: FastifyInstance): void {
  const config = {
    authorise: { by: 'public', reason: 'a page that tells how to sign requests; it holds no data' },
  } as const
  app.get('/console', { config }, (_request, reply) => reply.redirect('/console/'))
  app.get('/console/', { config }, (request, reply) => {
    reply.header('content-type', 'text/html; charset=utf-8')
    reply.header('content-security-policy', contentSecurityPolicy)
    reply.header('x-content-type-options', 'nosniff')
    return reply.send(page(request.host))
  })
}

function page(host: string): string {
  const endpoint = `http://${host.replace(/[^A-Za-z0-9.:[\]-]/g, '')}`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>openbatch</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}pre{background:#8881;padding:1rem;overflow:auto}</style>
<h1>openbatch</h1>
<p>This server answers the AWS Batch API at <code>${endpoint}</code>. This version has no graphical console: jobs are
submitted and watched with the AWS CLI, boto3 or an SDK.</p>
<p>On the machine of the server:</p>
<pre>eval "$(npx openbatch env)"
aws batch describe-job-queues
aws batch submit-job --job-name hello --job-queue default --job-definition hello
aws batch list-jobs --job-queue default --job-status SUCCEEDED
aws logs get-log-events --log-group-name /aws/batch/job --log-stream-name STREAM</pre>
<p>An administrator gives others their keys with <code>npx openbatch user add NAME</code>.</p>
`
}
