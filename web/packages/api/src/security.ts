import { useApi } from './api'
import type { Body, Client } from './client'

/** securityApi is what people do with their own account and its safety; its pages come late, and so does this. */
export function securityApi({ send }: Client) {
  return {
    prove: (body: Body<'POST', '/auth/reauthenticate'>) => send('POST', '/auth/reauthenticate', { body }),
    recoverPassword: (email: string) => send('POST', '/auth/password/recover', { body: { email } }),
    resetPassword: (code: string, password: string) =>
      send('POST', '/auth/password/reset', { body: { code, password } }),
    confirmRegistration: (code: string) => send('POST', '/auth/register/confirm', { body: { code } }),
    confirmEmail: (code: string) => send('POST', '/auth/email/confirm', { body: { code } }),
    verifyEmail: () => send('POST', '/me/email/verify'),
    setEmail: (body: Body<'PUT', '/me/email'>) => send('PUT', '/me/email', { body }),
    setPassword: (body: Body<'PUT', '/me/password'>) => send('PUT', '/me/password', { body }),
    sessions: () => send('GET', '/me/sessions'),
    endSession: (id: string) => send('DELETE', '/me/sessions/{id}', { path: { id } }),
    endOtherSessions: () => send('DELETE', '/me/sessions'),
    secondFactor: () => send('GET', '/me/second-factor'),
    beginSecondFactor: (key: string) => send('POST', '/me/second-factor', { key }),
    confirmSecondFactor: (code: string) => send('POST', '/me/second-factor/confirm', { body: { code } }),
    dropSecondFactor: () => send('DELETE', '/me/second-factor'),
    newRecoveryCodes: () => send('POST', '/me/second-factor/recovery-codes'),
    setup: () => send('GET', '/setup'),
    beginSetup: (body: Body<'POST', '/setup'>, key: string) => send('POST', '/setup', { body, key }),
  }
}

export const useSecurityApi = () => securityApi(useApi())
