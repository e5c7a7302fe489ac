import { record } from '@aws-amplify/analytics/personalize';
import { Amplify } from '@aws-amplify/core';

/** Given here, so that nobody has to play Cognito. */
const CREDENTIALS = {
  credentials: { accessKeyId: 'A'.repeat(20), secretAccessKey: 's'.repeat(40), sessionToken: 't'.repeat(64) },
  identityId: 'us-east-1:shop',
};

export function init() {
  const personalize = { region: 'us-east-1', trackingId: 'shop', flushSize: 10, flushInterval: 5000 };
  const credentialsProvider = {
    getCredentialsAndIdentityId: async () => CREDENTIALS,
    clearCredentialsAndIdentityId() {},
  };
  Amplify.configure({ Analytics: { Personalize: personalize } }, { Auth: { credentialsProvider } });
}

export function track(eventType, properties) {
  record({ eventType, properties });
}
