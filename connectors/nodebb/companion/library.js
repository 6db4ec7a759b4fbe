'use strict';

// What NodeBB's API cannot do by token, for accounts of people: tie them to the id that the login gives them
// (`<provider>Id`, where nodebb-plugin-sso-oauth2-multiple looks it up), give them an address that counts as confirmed,
// and suspend them, all without a mail; and list them with what is compared. Who calls needs the privilege admin:users,
// as for POST /api/v3/users; accounts of administrators stay as they are. What is taken is refused (409) beforehand.

const db = nodebb.require('./src/database');
const user = nodebb.require('./src/user');
const api = nodebb.require('./src/api');
const meta = nodebb.require('./src/meta');
const privileges = nodebb.require('./src/privileges');
const { formatApiResponse } = nodebb.require('./src/controllers/helpers');
const { setupApiRoute } = nodebb.require('./src/routes/helpers');

const A_PAGE = 500;
const quiet = new Set(); // those whose suspension is under way
const text = value => (typeof value === 'string' ? value.trim() : '');
const other = (holder, uid) => holder && String(holder) !== String(uid);

async function taken({ provider, uid, username, email, id }) {
	return (!uid && await meta.slugTaken(username || '?') && 'username-taken') ||
		(email && other(await user.getUidByEmail(email), uid) && 'email-taken') ||
		(id && other(await db.getObjectField(`${provider}Id:uid`, id), uid) && 'login-taken') ||
		(id && uid && other(await db.getObjectField(`user:${uid}`, `${provider}Id`), id) && 'tied-otherwise');
}

async function settle({ caller, provider, uid, email, id, enabled }) {
	if (email) {
		await user.setUserField(uid, 'email', email);
		await user.email.confirmByUid(uid);
	}
	if (id) {
		await db.setObjectField(`user:${uid}`, `${provider}Id`, id);
		await db.setObjectField(`${provider}Id:uid`, id, uid);
	}
	if (enabled === false) {
		quiet.add(String(uid));
		await api.users.ban(caller, { uid }).finally(() => quiet.delete(String(uid)));
	}
	return { uid: Number(uid), username: await user.getUserField(uid, 'username') };
}

// All, page by page, or the one that is asked for by number, name or confirmed address.
async function list({ provider, page, one }) {
	const number = one.uid || (one.username && await user.getUidByUsername(one.username)) ||
		(one.email && await user.getUidByEmail(one.email));
	const uids = one.uid || one.username || one.email ? [number].filter(Boolean) :
		await db.getSortedSetRange('users:joindate', (page - 1) * A_PAGE, page * A_PAGE - 1);
	const found = await db.getObjects(uids.map(uid => `user:${uid}`));
	return {
		accounts: found.filter(one => one && one.uid).map(one => ({
			uid: Number(one.uid), username: one.username, fullname: one.fullname || '', email: one.email || '',
			confirmed: Number(one['email:confirmed']) === 1, enabled: Number(one.banned) !== 1, id: one[`${provider}Id`] || '',
		})),
		pageCount: Math.ceil(await db.sortedSetCard('users:joindate') / A_PAGE),
	};
}

exports.cancelMail = async mail => ({ ...mail, cancel: mail.cancel || (mail.template === 'banned' && quiet.has(String(mail.params.uid))) });

exports.addRoutes = async ({ router, middleware }) => {
	const route = (verb, path, work) => setupApiRoute(router, verb, `/readi-ties/:provider${path}`, [middleware.ensureLoggedIn], async (req, res) => {
		const { provider, uid } = req.params;
		const { username, email, fullname, id, enabled } = req.body || {};
		const asked = { caller: req, provider, uid, username: text(username), email: text(email), fullname: text(fullname), id: text(id), enabled, page: Number(req.query.page) || 1, one: req.query };
		if (!await privileges.admin.can('admin:users', req.uid) || (uid && await user.isAdministrator(uid))) {
			return formatApiResponse(403, res);
		}
		if (!/^[\w-]+$/.test(provider) || (uid && !await user.exists(uid))) {
			return formatApiResponse(404, res, new Error('[[error:no-user]]'));
		}
		const reason = verb !== 'get' && await taken(asked);
		return reason ? formatApiResponse(409, res, new Error(reason)) : formatApiResponse(200, res, await work(asked));
	});
	route('get', '', async ({ provider }) => ({ ties: await db.getObject(`${provider}Id:uid`) || {} }));
	route('get', '/users', list);
	route('post', '/users', async asked => await settle({ ...asked, uid: await user.create({ username: asked.username, fullname: asked.fullname }) }));
	route('put', '/users/:uid', settle);
};
