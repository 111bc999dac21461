import { describe, expect, it } from 'vitest'
import {
  change,
  clock,
  compact,
  exponentOf,
  formatDate,
  formatMoney,
  localTimes,
  moneyInput,
  moneyParts,
  parseMoney,
  percent,
} from '../format'

describe('localTimes', () => {
  const write = (iso: string) => formatDate(iso, 'en', 'full', 'Asia/Shanghai')
  it('writes moments as the page does and leaves other words alone', () => {
    expect(localTimes('valid from 2026-11-24T01:05:00Z. 2 left', write)).toBe(
      'valid from Nov 24, 09:05. 2 left',
    )
    expect(localTimes('from 2026-11-24T09:05:00.5+08:00', write)).toBe('from Nov 24, 09:05')
    expect(localTimes('满 ¥50 可用', write)).toBe('满 ¥50 可用')
  })
})

describe('money', () => {
  it.each([
    [{ amount: 6900, currency: 'CNY' }, '69', ''],
    [{ amount: 3980, currency: 'CNY' }, '39', '.80'],
    [{ amount: 128640, currency: 'CNY' }, '1,286', '.40'],
    [{ amount: 5, currency: 'CNY' }, '0', '.05'],
    [{ amount: 1999, currency: 'JPY' }, '1,999', ''],
    [{ amount: 1999, currency: 'KWD' }, '1', '.999'],
  ])('splits %j by the exponent of its currency', (money, whole, fraction) => {
    const parts = moneyParts(money, 'en')
    expect([parts.whole, parts.fraction]).toEqual([whole, fraction])
  })
  it('knows exponents', () => {
    expect(['CNY', 'JPY', 'KWD'].map(exponentOf)).toEqual([2, 0, 3])
  })
  it('writes negative amounts with a true minus', () => {
    expect(formatMoney({ amount: -500, currency: 'CNY' }, 'zh-CN')).toBe('−¥5')
  })
  it('speaks the whole amount once', () => {
    expect(moneyParts({ amount: 3980, currency: 'CNY' }, 'zh-CN').spoken).toBe('¥39.80')
  })
})

describe('parseMoney', () => {
  it.each([
    ['19.9', 1990],
    ['0.01', 1],
    ['1,999', 199900],
    ['12.500', 1250],
    ['19.995', null],
    ['-1', null],
    ['', null],
    ['1e3', null],
    ['12.3.4', null],
  ])('reads %j', (text, amount) => {
    expect(parseMoney(text, 'CNY')?.amount ?? null).toBe(amount)
  })
  it('allows no decimals where the currency has none', () => {
    expect(parseMoney('100.5', 'JPY')).toBeNull()
    expect(parseMoney('100', 'JPY')).toEqual({ amount: 100, currency: 'JPY' })
  })
  it.each([0, 1, 99, 100, 123456789])('comes back as it went: %i', (amount) => {
    const money = { amount, currency: 'CNY' }
    expect(parseMoney(moneyInput(money), 'CNY')).toEqual(money)
  })
})

describe('numbers', () => {
  it('compacts by language', () => {
    expect([compact(12431, 'zh-CN'), compact(12431, 'en')]).toEqual(['1.2万', '12.4K'])
  })
  it('writes basis points', () => {
    expect([percent(1000, 'en'), percent(250, 'en')]).toEqual(['10%', '2.5%'])
  })
  it('compares, and says nothing against nothing', () => {
    expect([change(118, 100, 'en'), change(90, 100, 'en'), change(1, 0, 'en')]).toEqual([
      '+18%',
      '-10%',
      null,
    ])
  })
  it.each([
    [0, '00:00'],
    [75.9, '01:15'],
    [2531, '42:11'],
    [3600, '01:00:00'],
    [-3, '00:00'],
  ])('clocks %d seconds', (seconds, text) => {
    expect(clock(seconds)).toBe(text)
  })
})
