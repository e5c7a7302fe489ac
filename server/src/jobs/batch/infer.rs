//! A batch inference job: the same answers as a campaign gives, for every line of a file.

use serde_json::{Value, json};

use super::lines::{self, Line, Output};
use crate::app::App;
use crate::control::{Kind, find, public_text};
use crate::error::ApiError;
use crate::jobs::worker::{self, Ending};
use crate::runtime::Deployed;

pub(in crate::jobs) fn run(app: &App, arn: &str) -> Result<Ending, ApiError> {
    let job = super::begin(app, arn)?;
    let version = find(app, Kind::SolutionVersion, public_text(&job, "solutionVersionArn"))?;
    let deployed = Deployed::version(app, &version, &job.doc["public"]["batchInferenceJobConfig"])?;
    let (inputs, folder) = super::places(&job)?;
    let total = lines::bytes(&inputs);
    let mut earlier = 0;
    for file in &inputs {
        let mut output = Output::beside(&folder, file)?;
        let goes_on = lines::read(file, &mut |line, before| {
            output.push(&answer(app, &deployed, &job.doc["public"], line))?;
            Ok(app.board.step(arn, "answering", earlier + before, total))
        })?;
        if !goes_on {
            return Ok(Ending::Interrupted);
        }
        output.finish()?;
        earlier += lines::bytes(std::slice::from_ref(file));
    }
    worker::settle(app, arn, crate::control::status::ACTIVE, None);
    Ok(Ending::Done)
}

/// One line of the output. What is wrong with a line is told there; the others are answered all the same.
fn answer(app: &App, deployed: &Deployed, job: &Value, line: Line) -> Value {
    let nothing = json!({ "recommendedItems": [] });
    match line {
        Line::Broken(text, why) => lines::told(&text, &nothing, Some(&why)),
        Line::Asked(asked) => match deployed.batch(app, &asked, &job["filterArn"], &job["numResults"]) {
            Ok(output) => lines::told(&asked, &output, None),
            Err(error) => lines::told(&asked, &nothing, Some(&error.to_string())),
        },
    }
}
