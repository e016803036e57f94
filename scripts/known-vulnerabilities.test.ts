import { expect, test } from 'vitest'
import { readAudit } from './known-vulnerabilities.ts'

test('every vulnerability is named with its advisory, and each affected dependent with its path', () => {
  const audit = {
    auditReportVersion: 2,
    vulnerabilities: {
      parser: {
        severity: 'high',
        range: '<2.6.7',
        via: [{ title: 'Parses what it must not', url: 'https://example.org/advisory' }],
      },
      server: { severity: 'high', range: '>=1.0.0', via: ['parser'] },
    },
  }
  expect(readAudit(JSON.stringify(audit))).toEqual({
    kind: 'answered',
    vulnerabilities: [
      'high: parser <2.6.7 (Parses what it must not, https://example.org/advisory)',
      'high: server >=1.0.0 (through parser)',
    ],
  })
})

test('the answer may be empty', () => {
  const none = { auditReportVersion: 2, vulnerabilities: {} }
  expect(readAudit(JSON.stringify(none))).toEqual({ kind: 'answered', vulnerabilities: [] })
})

test('a registry without advisories is distinguished from a failed query', () => {
  const reason = '405 Method Not Allowed'
  expect(readAudit(`{"message":"${reason}","statusCode":405,"error":{"summary":""}}`)).toEqual({
    kind: 'not offered',
    reason,
  })
  expect(readAudit('{"error":{"summary":"the network is away"}}')).toEqual({
    kind: 'failed',
    reason: 'the network is away',
  })
  expect(readAudit('{"message":"503 Service Unavailable","statusCode":503}')).toMatchObject({ kind: 'failed' })
  expect(readAudit('')).toEqual({ kind: 'failed', reason: 'npm audit printed nothing' })
})
