/** `/healthz` shows that the server answers. */
import type { PublicRoute } from '../../../service.ts'

export const health: PublicRoute = {
  method: 'GET',
  url: '/healthz',
  publicBecause: 'load balancers and supervisors have no key; it tells nothing else',
  answer: (_request, reply) => reply.header('content-type', 'text/plain; charset=utf-8').send('ok\n'),
}
