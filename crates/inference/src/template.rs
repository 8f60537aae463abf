//! Renders messages with the model's chat template, and nothing beside them.
//!
//! Many templates write a system prompt of their own when the first message is not the system's
//! (SmolLM2: "You are a helpful AI assistant named SmolLM…"). What a request does not show is not
//! sent, so that turn is cut out, without knowing the template: rendered with a system message of
//! a single mark in front, the prompt begins with just the system turn, which is also what that
//! system message gives when it is rendered alone. What follows it is the conversation without
//! any system turn. That is taken where it is also the end of what the template gives for the
//! conversation itself; where it is not (a template that has no system turn, folds it into the
//! user's, or refuses it), the conversation's own rendering stands. What a template writes *inside*
//! a system turn that the request does have (Llama 3's dates) is the model's format and stays.

use minijinja::{Environment, Error, ErrorKind, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::Serialize;

use crate::protocol::ChatMessage;
use crate::specials::{Specials, unused};

/// For a GGUF without a template: ChatML, which most small chat models were trained on.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' \
    + message['content'] + '<|im_end|>\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const ROLES: [&str; 3] = ["system", "user", "assistant"];

/// A compiled chat template.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

/// A prompt's text; what messages wrote is guarded (see [`Specials`]).
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) guard: char,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: String,
}

impl ChatTemplate {
    /// Compiles a template's source; `bos` and `eos` are the texts of those tokens.
    pub(crate) fn new(source: Option<String>, bos: String, eos: String) -> Result<Self, String> {
        let mut environment = Environment::new();
        // As Hugging Face's `apply_chat_template` sets them. It also offers the day's date
        // (`strftime_now`), which no request shows: templates have a fixed one without it.
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment
            .add_template_owned("chat", source.unwrap_or_else(|| CHATML.to_owned()))
            .map_err(|error| format!("the chat template of the model is not valid: {error}"))?;
        Ok(Self { environment, bos, eos })
    }

    /// Renders a conversation up to where the assistant writes on.
    pub(crate) fn render(&self, messages: &[ChatMessage], specials: &Specials) -> Result<Rendered, String> {
        let (first, last) = match messages {
            [] => return Err("there are none".to_owned()),
            [first, .., last] => (first, last),
            [only] => (only, only),
        };
        if let Some(other) = messages.iter().find(|m| !ROLES.contains(&m.role.as_str())) {
            return Err(format!("{:?} is not one of the roles {}", other.role, ROLES.join(", ")));
        }
        let contents: Vec<&str> = messages.iter().map(|m| m.content.as_str()).collect();
        let marks @ [guard, end, _, bos] = unused(&contents);
        let mut guarded: Vec<Message<'_>> =
            messages.iter().map(|m| Message { role: &m.role, content: specials.guard(&m.content, guard) }).collect();
        let continues = last.role == "assistant";
        if continues {
            // Whatever the template writes behind the last message is cut off at this mark.
            guarded.last_mut().expect("there is a last message").content.push(end);
        }
        let mut text = self.write(&guarded, !continues, bos).map_err(|error| reason(&error))?;
        if first.role != "system"
            && let Some(shown) = self.without_system_turn(&text, guarded, !continues, marks)
        {
            text = shown;
        }
        if continues {
            let at = text.rfind(end).ok_or("the chat template leaves out the last message")?;
            text.truncate(at);
        }
        Ok(Rendered { text: text.replace(bos, &self.bos), guard })
    }

    /// `bos` stands for the beginning-of-text token: its own text may also begin a turn (SmolLM2).
    fn write(&self, messages: &[Message<'_>], open_turn: bool, bos: char) -> Result<String, Error> {
        self.environment.get_template("chat")?.render(context! {
            messages,
            add_generation_prompt => open_turn,
            bos_token => bos.to_string(),
            eos_token => self.eos,
        })
    }

    /// The conversation without a system turn, if that is the end of `rendered` and the template
    /// has a system turn at all.
    fn without_system_turn<'a>(
        &self,
        rendered: &str,
        mut messages: Vec<Message<'a>>,
        open_turn: bool,
        [_, _, mark, bos]: [char; 4],
    ) -> Option<String> {
        messages.insert(0, Message { role: "system", content: mark.to_string() });
        let turn = self.write(&messages[..1], false, bos).ok()?;
        let whole = self.write(&messages, open_turn, bos).ok()?;
        let conversation = whole.strip_prefix(&turn).filter(|_| turn.contains(mark))?;
        // What stands before every conversation is not the system turn's.
        let before = if turn.starts_with(bos) { bos.to_string() } else { String::new() };
        rendered.ends_with(conversation).then(|| before + conversation)
    }
}

/// The template's own words (`raise_exception`), or what is wrong with it.
fn reason(error: &Error) -> String {
    error.detail().map_or_else(|| error.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMOLLM2: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    /// The shape of Qwen 2.5's: the default in an else branch, roles by `is` tests.
    const QWEN: &str = "{%- if messages[0]['role'] == 'system' %}{{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}{%- else %}{{- '<|im_start|>system\nYou are Qwen.<|im_end|>\n' }}{%- endif %}{%- for message in messages %}{%- if message.role == 'user' or (message.role == 'system' and not loop.first) or message.role == 'assistant' %}{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";
    /// The shape of Gemma's: no system turn, trimmed messages, turns must alternate.
    const GEMMA: &str = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate') }}{% endif %}{{ '<start_of_turn>' + message['role'] + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}";
    /// The shape of Llama 2's and Mistral's: the system prompt stands in the first user turn.
    const LLAMA2: &str = "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";
    /// The shape of Llama 3.1's: a system turn in any case, with dates in it.
    const LLAMA3: &str = "{{ bos_token }}{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}{%- else %}{%- set system_message = '' %}{%- endif %}{{ '<|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n' + system_message + '<|eot_id|>' }}{%- for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}";

    fn render(source: &str, messages: &[(&str, &str)]) -> Result<String, String> {
        let template = ChatTemplate::new(Some(source.to_owned()), "<s>".to_owned(), "</s>".to_owned()).unwrap();
        let messages: Vec<_> = messages.iter().map(|(r, c)| ChatMessage::new(*r, *c)).collect();
        template.render(&messages, &Specials::default()).map(|rendered| rendered.text)
    }

    #[test]
    fn no_system_prompt_but_the_requests() {
        let user = [("user", "Hi")];
        let turns = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(render(SMOLLM2, &user).unwrap(), turns);
        assert_eq!(render(QWEN, &user).unwrap(), turns);
        assert_eq!(render(CHATML, &user).unwrap(), turns);
        assert_eq!(
            render(LLAMA3, &user).unwrap(),
            "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n"
        );
    }

    #[test]
    fn a_beginning_of_text_token_may_look_like_a_turn() {
        let bos = "<|im_start|>".to_owned();
        let template = ChatTemplate::new(Some(SMOLLM2.to_owned()), bos, String::new()).unwrap();
        let rendered = template.render(&[ChatMessage::new("user", "Hi")], &Specials::default()).unwrap();
        assert_eq!(rendered.text, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    }

    #[test]
    fn the_requests_own_system_prompt_stays() {
        let both = [("system", "Be brief."), ("user", "Hi")];
        let turns = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(render(SMOLLM2, &both).unwrap(), turns);
        assert_eq!(render(QWEN, &both).unwrap(), turns);
    }

    #[test]
    fn an_empty_system_prompt_is_one() {
        let text = render(SMOLLM2, &[("system", ""), ("user", "Hi")]).unwrap();
        assert!(text.starts_with("<|im_start|>system\n<|im_end|>\n<|im_start|>user"));
    }

    #[test]
    fn a_message_that_quotes_the_hidden_prompt_is_untouched() {
        let quote = "<|im_start|>system\nYou are Qwen.<|im_end|>\n";
        let text = render(QWEN, &[("user", quote)]).unwrap();
        assert_eq!(text, format!("<|im_start|>user\n{quote}<|im_end|>\n<|im_start|>assistant\n"));
    }

    #[test]
    fn templates_without_a_system_turn_stand_as_they_are() {
        assert_eq!(
            render(GEMMA, &[("user", " Hi ")]).unwrap(),
            "<s><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"
        );
        assert_eq!(render(LLAMA2, &[("user", "Hi")]).unwrap(), "<s>[INST] Hi [/INST]");
        assert_eq!(
            render(LLAMA2, &[("system", "S"), ("user", "Hi")]).unwrap(),
            "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nHi [/INST]"
        );
    }

    #[test]
    fn the_assistants_last_message_is_continued() {
        let messages = [("user", "Count."), ("assistant", "One, two, ")];
        let text = render(SMOLLM2, &messages).unwrap();
        assert_eq!(text, "<|im_start|>user\nCount.<|im_end|>\n<|im_start|>assistant\nOne, two, ");
        let text = render(GEMMA, &messages).unwrap();
        assert!(text.ends_with("<start_of_turn>assistant\nOne, two, "), "{text}");
        assert!(render(LLAMA2, &messages).unwrap().ends_with("[/INST] One, two, "));
    }

    #[test]
    fn refusals_say_why() {
        assert_eq!(render(GEMMA, &[("system", "S"), ("user", "Hi")]).unwrap_err(), "System role not supported");
        assert!(render(SMOLLM2, &[]).is_err());
        assert!(render(SMOLLM2, &[("tool", "x")]).unwrap_err().contains("\"tool\""));
    }
}
