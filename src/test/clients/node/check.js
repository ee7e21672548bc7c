// The Node.js client `etcd3`, unchanged, on the server at HOST:PORT: keys, transactions, watches, leases, locks, elections
// and users.
const assert = require('assert');
const { Etcd3 } = require('etcd3');

const hosts = `http://${process.argv[2]}`;

async function keys(client) {
  await client.put('js/a').value('1');
  assert.strictEqual(await client.get('js/a').string(), '1');
  await client.put('js/b').value('2');
  assert.deepStrictEqual(await client.getAll().prefix('js/').strings(), { 'js/a': '1', 'js/b': '2' });
  const txn = await client.if('js/a', 'Value', '==', '1').then(client.put('js/a').value('3')).commit();
  assert.strictEqual(txn.succeeded, true);
  assert.strictEqual(await client.get('js/a').string(), '3');
  await client.delete().key('js/b');
  assert.strictEqual(await client.get('js/b').string(), null);
}

async function watches(client) {
  const watcher = await client.watch().key('js/watched').create();
  const put = new Promise(resolve => watcher.on('put', event => resolve(event.value.toString())));
  const deleted = new Promise(resolve => watcher.on('delete', event => resolve(event.key.toString())));
  await client.put('js/watched').value('1');
  await client.delete().key('js/watched');
  assert.strictEqual(await put, '1');
  assert.strictEqual(await deleted, 'js/watched');
  await watcher.cancel();
}

async function leasesLocksAndElections(client) {
  const lease = client.lease(60);
  await lease.put('js/leased').value('1');
  assert.strictEqual(await client.get('js/leased').string(), '1');
  await lease.revoke();
  assert.strictEqual(await client.get('js/leased').string(), null);
  const lock = client.lock('js/lock').ttl(30);
  await lock.acquire();
  await assert.rejects(client.lock('js/lock').ttl(30).acquire());
  await lock.release();
  const election = client.election('js/vote', 30);
  const campaign = election.campaign('one');
  await new Promise((resolve, reject) => campaign.on('elected', resolve).on('error', reject));
  assert.strictEqual(await election.leader(), 'one');
  await campaign.resign();
}

async function users(client) {
  const auth = { username: 'root', password: 'secret' };
  const root = client.user('root');
  await root.create('secret');
  await root.addRole('root');
  await client.auth.authEnable();
  const known = new Etcd3({ hosts, auth });
  await known.put('js/users').value('1');
  assert.strictEqual(await known.get('js/users').string(), '1');
  await assert.rejects(client.put('js/users').value('2'), /user name is empty/);
  await known.auth.authDisable();
  known.close();
}

async function main() {
  const client = new Etcd3({ hosts });
  await keys(client);
  await watches(client);
  await leasesLocksAndElections(client);
  await users(client);
  client.close();
  console.log('all as expected');
}

main().then(
  () => process.exit(0),
  failure => {
    console.error(failure);
    process.exit(1);
  },
);
