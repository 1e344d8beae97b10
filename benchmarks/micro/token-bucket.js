import { load } from './build.js';

const { TokenBucket } = await load('protocol/token-bucket.js');

const taking = () => {
  const bucket = new TokenBucket(1000, 10_000);
  let now = 0;
  return (count) => {
    for (let i = 0; i < count; i++) bucket.take((now += 2));
  };
};

export const cases = [{ title: 'a token taken', prepare: taking }];
