-- The wire that a client asked over, such as openai.chat; null where it was Etude's own.
alter table runs add column wire text;
