import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { authHeader, registryAuth } from './registry-auth.ts'

it('has the form that Docker reads: the URL’s alphabet, padded', () => {
  const lengths = new Set<number>()
  for (const password of ['a', 'ab', 'abc', '???>>>', 'ÿÿÿ']) {
    const header = authHeader('registry.example', { username: 'robot', password })
    expect(header).toMatch(/^[A-Za-z0-9_-]+={0,2}$/)
    expect(header.length % 4).toBe(0)
    lengths.add(header.replaceAll('=', '').length % 4)
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      ...{ username: 'robot', password, serveraddress: 'registry.example' },
    })
  }
  expect(lengths.size).toBeGreaterThan(1)
})

it('finds what docker login stored, for Docker Hub under its old name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'openbatch-auth-'))
  try {
    const auth = Buffer.from('ada:pass:word').toString('base64')
    const auths = { 'https://index.docker.io/v1/': { auth }, 'https://other.example': { auth } }
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }))
    const credentials = { username: 'ada', password: 'pass:word' }
    for (const registry of ['docker.io', 'other.example'])
      expect(await registryAuth(registry, { DOCKER_CONFIG: folder })).toBe(authHeader(registry, credentials))
    for (const unknown of ['unknown.example', 'constructor'])
      expect(await registryAuth(unknown, { DOCKER_CONFIG: folder })).toBeUndefined()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
