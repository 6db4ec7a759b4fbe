'use strict';

// What NodeBB's API cannot do by token, for accounts of people: tie them to the id that the login gives them
// (`<provider>Id`, where nodebb-plugin-sso-oauth2-multiple looks it up) and give them an address that counts as
// confirmed, both before their first visit and without a mail. Who calls needs the privilege admin:users, as for
// POST /api/v3/users; accounts of administrators stay as they are. What is taken is refused (409) before anything changes.

const db = nodebb.require('./src/database');
const user = nodebb.require('./src/user');
const meta = nodebb.require('./src/meta');
const privileges = nodebb.require('./src/privileges');
const { formatApiResponse } = nodebb.require('./src/controllers/helpers');
const { setupApiRoute } = nodebb.require('./src/routes/helpers');

const text = value => (typeof value === 'string' ? value.trim() : '');
const other = (holder, uid) => holder && String(holder) !== String(uid);

async function taken(provider, uid, { username, email, id }) {
	return (username && await meta.slugTaken(username) && 'username-taken') ||
		(email && other(await user.getUidByEmail(email), uid) && 'email-taken') ||
		(id && other(await db.getObjectField(`${provider}Id:uid`, id), uid) && 'login-taken') ||
		(id && uid && other(await db.getObjectField(`user:${uid}`, `${provider}Id`), id) && 'tied-otherwise');
}

async function settle(provider, uid, { email, id }) {
	if (email) {
		await user.setUserField(uid, 'email', email);
		await user.email.confirmByUid(uid);
	}
	if (id) {
		await db.setObjectField(`user:${uid}`, `${provider}Id`, id);
		await db.setObjectField(`${provider}Id:uid`, id, uid);
	}
	return { uid: Number(uid), username: await user.getUserField(uid, 'username') };
}

const guarded = work => async (req, res) => {
	const { provider, uid } = req.params;
	const body = Object.fromEntries(['username', 'email', 'fullname', 'id'].map(key => [key, text((req.body || {})[key])]));
	if (!await privileges.admin.can('admin:users', req.uid) || (uid && await user.isAdministrator(uid))) {
		return formatApiResponse(403, res);
	}
	if (!/^[\w-]+$/.test(provider) || (uid && !await user.exists(uid))) {
		return formatApiResponse(404, res);
	}
	const reason = await taken(provider, uid, uid ? { ...body, username: '' } : body);
	return reason ? formatApiResponse(409, res, new Error(reason)) : formatApiResponse(200, res, await work(provider, body, uid));
};

exports.addRoutes = async ({ router, middleware }) => {
	const route = (verb, path, work) => setupApiRoute(router, verb, `/readi-ties/:provider${path}`, [middleware.ensureLoggedIn], guarded(work));
	route('get', '', async provider => ({ ties: await db.getObject(`${provider}Id:uid`) || {} }));
	route('post', '/users', async (provider, body) => await settle(provider, await user.create({ username: body.username, fullname: body.fullname }), body));
	route('put', '/users/:uid', async (provider, body, uid) => await settle(provider, uid, body));
};
