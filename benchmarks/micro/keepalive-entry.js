import { load } from './build.js';

const { KeepaliveController } = await load('index.js');

const touching = () => {
  const controller = new KeepaliveController();
  const entry = controller.add({ ping: () => undefined, terminate: () => undefined, bytesSent: 0 });
  return (count) => {
    for (let i = 0; i < count; i++) entry.touch();
  };
};

export const cases = [{ title: 'octets noted', prepare: touching }];
