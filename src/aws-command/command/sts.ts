/** `aws sts get-caller-identity`. */
import { elementOf } from '../../ground/xml-element.ts'
import { notSupplied, wrongUsage } from './failure.ts'
import type { Services } from './services.ts'
import { print } from './structured-output.ts'

const mostAnswerBytes = 65_536

export async function runSts(operation: string, words: readonly string[], services: Services): Promise<number> {
  if (operation !== 'get-caller-identity') throw notSupplied(`sts ${operation}`)
  if (words.length > 0) throw wrongUsage(`Unknown options: ${words.join(', ')}`)
  const { url } = services.settings.endpoint('sts')
  const xml = await services.client('sts').text(
    {
      operation: 'GetCallerIdentity',
      method: 'POST',
      url,
      path: url.pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15'),
    },
    mostAnswerBytes,
  )
  print({ UserId: elementOf(xml, 'UserId'), Account: elementOf(xml, 'Account'), Arn: elementOf(xml, 'Arn') }, services)
  return 0
}
