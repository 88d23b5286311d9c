BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE conversations (
	id VARCHAR(40) NOT NULL, 
	title TEXT NOT NULL, 
	model VARCHAR(200) NOT NULL, 
	head VARCHAR(40), 
	created_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "conversations" VALUES('conv_acd6caada14ac12f3ab2','a red car in the snow','speck','msg_83583e24489b0839183e',1.79564564374889063837e+09,1.79564565042836165424e+09);
CREATE TABLE events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at FLOAT NOT NULL, 
	conversation VARCHAR(40), 
	kind VARCHAR(10) NOT NULL, 
	job VARCHAR(40), 
	terminal VARCHAR(40), 
	data JSON NOT NULL, 
	UNIQUE (terminal)
);
INSERT INTO "events" VALUES(1,1.79564564817504811284e+09,'conv_acd6caada14ac12f3ab2','state','job_1dd4a733ecff5674414c',NULL,'{"conversation": "conv_acd6caada14ac12f3ab2", "jobs": {"job_1dd4a733ecff5674414c": {"id": "job_1dd4a733ecff5674414c", "kind": "film", "state": "queued", "place": 1, "done": 0, "total": 0, "seconds_left": null, "takes": ["take_b16cbd27435207292c47"], "error": null, "file": null, "attempt": 0}}, "takes": {"take_b16cbd27435207292c47": {"id": "take_b16cbd27435207292c47", "state": "queued", "job": "job_1dd4a733ecff5674414c", "seed": 1, "words": "a red car in a snowy field", "caption": null, "model": "speck", "video": null, "poster": null, "width": 0, "height": 0, "frames": null, "fps": null, "seconds": null, "loop": false, "first": null, "last": null, "check": null, "right": null, "of": null, "dropped": [], "error": null, "seconds_taken": null}}}');
INSERT INTO "events" VALUES(2,1.79564564819218635562e+09,'conv_acd6caada14ac12f3ab2','state',NULL,NULL,'{"conversation": "conv_acd6caada14ac12f3ab2", "title": "a red car in the snow", "head": "msg_7b6372c7526850a3e587", "board": {"panels": [{"takes": ["take_b16cbd27435207292c47"], "chosen": 0, "words": "a red car in a snowy field"}], "current": 0}, "can_undo": true, "can_redo": false, "messages": [{"id": "msg_7b6372c7526850a3e587", "parent": null, "at": 1795645648.096156, "by": "person", "text": "a red car in the snow", "language": "en", "reply": "Filming: a red car in a snowy field.", "problem": "", "ignored": [], "takes": ["take_b16cbd27435207292c47"], "picture": null}], "takes": {"take_b16cbd27435207292c47": {"id": "take_b16cbd27435207292c47", "state": "queued", "job": "job_1dd4a733ecff5674414c", "seed": 1, "words": "a red car in a snowy field", "caption": null, "model": "speck", "video": null, "poster": null, "width": 0, "height": 0, "frames": null, "fps": null, "seconds": null, "loop": false, "first": null, "last": null, "check": null, "right": null, "of": null, "dropped": [], "error": null, "seconds_taken": null}}}');
INSERT INTO "events" VALUES(3,1.79564564822116398811e+09,'conv_acd6caada14ac12f3ab2','state','job_1dd4a733ecff5674414c',NULL,'{"conversation": "conv_acd6caada14ac12f3ab2", "jobs": {"job_1dd4a733ecff5674414c": {"id": "job_1dd4a733ecff5674414c", "kind": "film", "state": "running", "place": null, "done": 0, "total": 0, "seconds_left": null, "takes": ["take_b16cbd27435207292c47"], "error": null, "file": null, "attempt": 1}}, "takes": {"take_b16cbd27435207292c47": {"id": "take_b16cbd27435207292c47", "state": "running", "job": "job_1dd4a733ecff5674414c", "seed": 1, "words": "a red car in a snowy field", "caption": null, "model": "speck", "video": null, "poster": null, "width": 0, "height": 0, "frames": null, "fps": null, "seconds": null, "loop": false, "first": null, "last": null, "check": null, "right": null, "of": null, "dropped": [], "error": null, "seconds_taken": null}}}');
INSERT INTO "events" VALUES(4,1.79564565032970094686e+09,'conv_acd6caada14ac12f3ab2','state','job_1dd4a733ecff5674414c','job_1dd4a733ecff5674414c','{"conversation": "conv_acd6caada14ac12f3ab2", "jobs": {"job_1dd4a733ecff5674414c": {"id": "job_1dd4a733ecff5674414c", "kind": "film", "state": "done", "place": null, "done": 2, "total": 2, "seconds_left": null, "takes": ["take_b16cbd27435207292c47"], "error": null, "file": null, "attempt": 1}}, "takes": {"take_b16cbd27435207292c47": {"id": "take_b16cbd27435207292c47", "state": "done", "job": "job_1dd4a733ecff5674414c", "seed": 1, "words": "a red car in a snowy field", "caption": "in the snow by day, a medium-sized red car in the middle leaving toward the right", "model": "speck", "video": "/media/cab22e8dba83998b070f769c60f410579937ce9f385909f8f0bb0d4ce762013c.mp4", "poster": "/media/ac946d44618be0579ec8cd9a34392e2f4cfa73d62b267b808d8cc47f92d650ad.webp", "width": 256, "height": 256, "frames": 9, "fps": 4, "seconds": 2.25, "loop": false, "first": null, "last": null, "check": [{"what": "actor", "ok": false, "who": "car", "asked": "car", "seen": "cat"}, {"what": "tint", "ok": false, "who": "car", "asked": "red", "seen": "in natural color"}, {"what": "backdrop", "ok": false, "who": "", "asked": "in the snow", "seen": "on a city street"}], "right": 0, "of": 3, "dropped": [], "error": null, "seconds_taken": 0.473}}}');
INSERT INTO "events" VALUES(5,1.79564565043180561065e+09,'conv_acd6caada14ac12f3ab2','state','job_09632ac8cc9be1ff3267',NULL,'{"conversation": "conv_acd6caada14ac12f3ab2", "jobs": {"job_09632ac8cc9be1ff3267": {"id": "job_09632ac8cc9be1ff3267", "kind": "film", "state": "queued", "place": 1, "done": 0, "total": 0, "seconds_left": null, "takes": ["take_a5efc75d10db9a808d92"], "error": null, "file": null, "attempt": 0}}, "takes": {"take_a5efc75d10db9a808d92": {"id": "take_a5efc75d10db9a808d92", "state": "queued", "job": "job_09632ac8cc9be1ff3267", "seed": 1, "words": "\u0633\u064a\u0627\u0631\u0629 \u062d\u0645\u0631\u0627\u0621 \u0639\u0644\u0649 \u0623\u0631\u0636 \u062b\u0644\u062c\u064a\u0629 \u0641\u064a \u0627\u0644\u0644\u064a\u0644", "caption": null, "model": "speck", "video": null, "poster": null, "width": 0, "height": 0, "frames": null, "fps": null, "seconds": null, "loop": false, "first": null, "last": null, "check": null, "right": null, "of": null, "dropped": [], "error": null, "seconds_taken": null}}}');
INSERT INTO "events" VALUES(6,1.79564565043354940412e+09,'conv_acd6caada14ac12f3ab2','state',NULL,NULL,'{"conversation": "conv_acd6caada14ac12f3ab2", "title": "a red car in the snow", "head": "msg_83583e24489b0839183e", "board": {"panels": [{"takes": ["take_b16cbd27435207292c47", "take_a5efc75d10db9a808d92"], "chosen": 1, "words": "\u0633\u064a\u0627\u0631\u0629 \u062d\u0645\u0631\u0627\u0621 \u0639\u0644\u0649 \u0623\u0631\u0636 \u062b\u0644\u062c\u064a\u0629 \u0641\u064a \u0627\u0644\u0644\u064a\u0644"}], "current": 0}, "can_undo": true, "can_redo": false, "messages": [{"id": "msg_83583e24489b0839183e", "parent": "msg_7b6372c7526850a3e587", "at": 1795645650.4283617, "by": "person", "text": "\u0627\u062c\u0639\u0644\u0647\u0627 \u0644\u064a\u0644\u0627", "language": "ar", "reply": "\u0623\u0635\u0648\u0651\u0631: \u0633\u064a\u0627\u0631\u0629 \u062d\u0645\u0631\u0627\u0621 \u0639\u0644\u0649 \u0623\u0631\u0636 \u062b\u0644\u062c\u064a\u0629 \u0641\u064a \u0627\u0644\u0644\u064a\u0644.", "problem": "", "ignored": [], "takes": ["take_a5efc75d10db9a808d92"], "picture": null}], "takes": {"take_a5efc75d10db9a808d92": {"id": "take_a5efc75d10db9a808d92", "state": "queued", "job": "job_09632ac8cc9be1ff3267", "seed": 1, "words": "\u0633\u064a\u0627\u0631\u0629 \u062d\u0645\u0631\u0627\u0621 \u0639\u0644\u0649 \u0623\u0631\u0636 \u062b\u0644\u062c\u064a\u0629 \u0641\u064a \u0627\u0644\u0644\u064a\u0644", "caption": null, "model": "speck", "video": null, "poster": null, "width": 0, "height": 0, "frames": null, "fps": null, "seconds": null, "loop": false, "first": null, "last": null, "check": null, "right": null, "of": null, "dropped": [], "error": null, "seconds_taken": null}}}');
CREATE TABLE jobs (
	id VARCHAR(40) NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	conversation VARCHAR(40), 
	takes JSON NOT NULL, 
	request JSON NOT NULL, 
	form TEXT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	created_at FLOAT NOT NULL, 
	started_at FLOAT, 
	finished_at FLOAT, 
	worker VARCHAR(80), 
	lease VARCHAR(40), 
	lease_until FLOAT, 
	attempt INTEGER NOT NULL, 
	cancel BOOLEAN NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	preview BLOB, 
	error TEXT, 
	file VARCHAR(80), 
	PRIMARY KEY (id), 
	FOREIGN KEY(conversation) REFERENCES conversations (id) ON DELETE CASCADE
);
INSERT INTO "jobs" VALUES('job_1dd4a733ecff5674414c','film','conv_acd6caada14ac12f3ab2','["take_b16cbd27435207292c47"]','{}','["speck", null, null, false, null, null, null, {}]','done',1.79564564813768911362e+09,1.79564564820865821834e+09,1.79564565029520297051e+09,'old',NULL,1.79564566437008142464e+09,1,0,2,2,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('job_09632ac8cc9be1ff3267','film','conv_acd6caada14ac12f3ab2','["take_a5efc75d10db9a808d92"]','{}','["speck", null, null, false, null, null, null, {}]','queued',1.79564565043049788467e+09,NULL,NULL,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL);
CREATE TABLE media (
	name VARCHAR(80) NOT NULL, 
	bytes INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "media" VALUES('cab22e8dba83998b070f769c60f410579937ce9f385909f8f0bb0d4ce762013c.mp4',192447,1.79564565029296326634e+09);
INSERT INTO "media" VALUES('ac946d44618be0579ec8cd9a34392e2f4cfa73d62b267b808d8cc47f92d650ad.webp',16612,1.79564565029359316829e+09);
CREATE TABLE messages (
	id VARCHAR(40) NOT NULL, 
	conversation VARCHAR(40) NOT NULL, 
	parent VARCHAR(40), 
	at FLOAT NOT NULL, 
	"by" VARCHAR(10) NOT NULL, 
	text TEXT NOT NULL, 
	picture VARCHAR(80), 
	language VARCHAR(2) NOT NULL, 
	reply TEXT NOT NULL, 
	problem VARCHAR(40) NOT NULL, 
	ignored JSON NOT NULL, 
	takes JSON NOT NULL, 
	board JSON NOT NULL, 
	past JSON NOT NULL, 
	future JSON NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(conversation) REFERENCES conversations (id) ON DELETE CASCADE
);
INSERT INTO "messages" VALUES('msg_7b6372c7526850a3e587','conv_acd6caada14ac12f3ab2',NULL,1.7956456480961558819e+09,'person','a red car in the snow',NULL,'en','Filming: a red car in a snowy field.','','[]','["take_b16cbd27435207292c47"]','{"panels": [{"takes": [{"shot": {"backdrop": "snow", "time": null, "weather": null, "cast": [{"kind": "car", "count": null, "size": null, "tint": "red", "place": null, "facing": null, "motion": null, "track": null}], "relations": [], "camera": null, "seconds": null, "format": null}, "seed": 1, "loop": false, "first": null, "last": null, "parent": null}], "chosen": 0}], "current": 0}','[""]','[]');
INSERT INTO "messages" VALUES('msg_83583e24489b0839183e','conv_acd6caada14ac12f3ab2','msg_7b6372c7526850a3e587',1.79564565042836165424e+09,'person','اجعلها ليلا',NULL,'ar','أصوّر: سيارة حمراء على أرض ثلجية في الليل.','','[]','["take_a5efc75d10db9a808d92"]','{"panels": [{"takes": [{"shot": {"backdrop": "snow", "time": null, "weather": null, "cast": [{"kind": "car", "count": null, "size": null, "tint": "red", "place": null, "facing": null, "motion": null, "track": null}], "relations": [], "camera": null, "seconds": null, "format": null}, "seed": 1, "loop": false, "first": null, "last": null, "parent": null}, {"shot": {"backdrop": "snow", "time": "night", "weather": null, "cast": [{"kind": "car", "count": null, "size": null, "tint": "red", "place": null, "facing": null, "motion": null, "track": null}], "relations": [], "camera": null, "seconds": null, "format": null}, "seed": 1, "loop": false, "first": null, "last": null, "parent": 0}], "chosen": 1}], "current": 0}','["", "msg_7b6372c7526850a3e587"]','[]');
CREATE TABLE takes (
	id VARCHAR(40) NOT NULL, 
	conversation VARCHAR(40), 
	at FLOAT NOT NULL, 
	model VARCHAR(200) NOT NULL, 
	shot JSON NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	seed INTEGER NOT NULL, 
	loop BOOLEAN NOT NULL, 
	first VARCHAR(80), 
	last VARCHAR(80), 
	parent VARCHAR(40), 
	settings JSON NOT NULL, 
	source VARCHAR(80), 
	request JSON, 
	state VARCHAR(10) NOT NULL, 
	job VARCHAR(40), 
	error TEXT, 
	video VARCHAR(80), 
	poster VARCHAR(80), 
	recipe JSON, 
	finished_at FLOAT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(conversation) REFERENCES conversations (id) ON DELETE CASCADE
);
INSERT INTO "takes" VALUES('take_b16cbd27435207292c47','conv_acd6caada14ac12f3ab2',1.79564564809962439535e+09,'speck','{"backdrop": "snow", "time": null, "weather": null, "cast": [{"kind": "car", "count": null, "size": null, "tint": "red", "place": null, "facing": null, "motion": null, "track": null}], "relations": [], "camera": null, "seconds": null, "format": null}','en',1,0,NULL,NULL,NULL,'{}',NULL,NULL,'done','job_1dd4a733ecff5674414c',NULL,'cab22e8dba83998b070f769c60f410579937ce9f385909f8f0bb0d4ce762013c.mp4','ac946d44618be0579ec8cd9a34392e2f4cfa73d62b267b808d8cc47f92d650ad.webp','{"laqta": "0.1.0", "prompt": "a red car in a snowy field", "language": "en", "shot": {"backdrop": "snow", "time": null, "weather": null, "cast": [{"kind": "car", "count": null, "size": null, "tint": "red", "place": null, "facing": null, "motion": null, "track": null}], "relations": [], "camera": null, "seconds": null, "format": null}, "planned": {"backdrop": "snow", "time": "day", "weather": "clear", "cast": [{"kind": "car", "count": 1, "size": "medium", "tint": "red", "place": "center", "facing": "right", "motion": {"verb": "leave", "toward": "right", "speed": "normal"}, "track": null}], "relations": [], "camera": "still", "seconds": null, "format": null}, "unseen": [], "ignored": [], "dropped": [], "caption": "in the snow by day, a medium-sized red car in the middle leaving toward the right", "seed": 1, "batch": 1, "index": 0, "threads": 1, "device": "cpu", "torch": "2.13.0+cpu", "model": "speck", "model_hash": "786e6c6bd3db6df6", "settings": {"steps": 2, "guidance": 2.0, "width": 32, "height": 32, "frames": 9, "fps": 4, "seconds": 2.25, "enlarged": 8, "nearest": false, "first": null, "last": null, "loop": false}, "seconds": 0.473, "real_time_factor": 0.21, "check": [{"what": "actor", "who": "car", "asked": "car", "seen": "cat", "ok": false}, {"what": "tint", "who": "car", "asked": "red", "seen": "natural", "ok": false}, {"what": "backdrop", "who": "", "asked": "snow", "seen": "city_street", "ok": false}]}',NULL);
INSERT INTO "takes" VALUES('take_a5efc75d10db9a808d92','conv_acd6caada14ac12f3ab2',1.79564565042877340313e+09,'speck','{"backdrop": "snow", "time": "night", "weather": null, "cast": [{"kind": "car", "count": null, "size": null, "tint": "red", "place": null, "facing": null, "motion": null, "track": null}], "relations": [], "camera": null, "seconds": null, "format": null}','ar',1,0,NULL,NULL,NULL,'{}',NULL,NULL,'queued','job_09632ac8cc9be1ff3267',NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_conversations_updated_at ON conversations (updated_at);
CREATE INDEX ix_events_conversation ON events (conversation);
CREATE INDEX ix_jobs_conversation ON jobs (conversation);
CREATE INDEX jobs_by_state ON jobs (state, created_at);
CREATE INDEX ix_messages_conversation ON messages (conversation);
CREATE INDEX ix_takes_at ON takes (at);
CREATE INDEX ix_takes_conversation ON takes (conversation);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',6);
COMMIT;
