import type { BagProof } from '@hawker/api'

const hex = (bytes: ArrayBuffer) =>
  [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('')
const bytesOf = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', data))
}

/** redraw draws the winners anew from the seed and the list, exactly as the program says that it did. */
export async function redraw(proof: BagProof): Promise<string[]> {
  const key = await crypto.subtle.importKey(
    'raw',
    bytesOf(proof.seed),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const left = [...proof.entrants]
  const winners: string[] = []
  for (let i = 0; i < proof.winners.length && left.length > 0; i++) {
    const message = new TextEncoder().encode(`${proof.bag_id}|${proof.entrants_hash}|${i}`)
    const mac = new DataView(await crypto.subtle.sign('HMAC', key, message))
    const at = Number(mac.getBigUint64(0) % BigInt(left.length))
    winners.push(...left.splice(at, 1))
  }
  return winners
}

/** verify holds a proof against what was public before the draw: the hash of the seed. */
export async function verify(proof: BagProof, promised: string): Promise<boolean> {
  const seedHash = await sha256(bytesOf(proof.seed))
  const listHash = await sha256(new TextEncoder().encode(proof.entrants.join('\n')))
  const winners = await redraw(proof)
  return seedHash === promised && listHash === proof.entrants_hash && winners.join() === proof.winners.join()
}
