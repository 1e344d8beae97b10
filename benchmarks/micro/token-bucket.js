import { load } from './build.js';

const { takeToken } = await load('protocol/token-bucket.js');

const taking = () => {
  let fullAt = 0;
  let now = 0;
  return (count) => {
    for (let i = 0; i < count; i++) fullAt = takeToken(fullAt, (now += 2), 1000, 10_000);
  };
};

export const cases = [{ title: 'a token taken', prepare: taking }];
