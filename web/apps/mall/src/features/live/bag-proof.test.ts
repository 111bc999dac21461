import type { BagProof } from '@hawker/api'
import { describe, expect, it } from 'vitest'
import { redraw, verify } from './bag-proof'

// Made by another program (Python's hashlib and hmac) by the words of the method.
const proof: BagProof = {
  bag_id: 'bag_1',
  seed: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  seed_hash: '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd',
  entrants: ['kite-31', 'lamp-02', 'mug-77', 'oar-15', 'reed-40'],
  entrants_hash: '9813c5b7c292a7cf7d3231acf538810d55353b8cf900cb1ae4d252f91fb852f0',
  winners: ['lamp-02', 'reed-40'],
  method: '',
}

describe('a lucky bag’s proof', () => {
  it('draws the same winners as another program', async () => {
    expect(await redraw(proof)).toEqual(proof.winners)
    expect(await verify(proof, proof.seed_hash)).toBe(true)
  })
  it.each([
    ['another promise', proof, '00'.repeat(32)],
    ['another winner', { ...proof, winners: proof.winners.toReversed() }, proof.seed_hash],
    ['another list', { ...proof, entrants: proof.entrants.slice(1) }, proof.seed_hash],
    ['another seed', { ...proof, seed: 'ff' + proof.seed.slice(2) }, proof.seed_hash],
  ])('does not hold with %s', async (_name, changed, promised) => {
    expect(await verify(changed, promised)).toBe(false)
  })
})
