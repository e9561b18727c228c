#include "reconciler/show/plan/show_markdown.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/markdown.hpp"
#include "reconciler/show/plan/show_plan.hpp"

namespace ingot::show {

namespace {

std::string why_of(const ShownAction& action) {
  if (action.deferred) return action.deferred_why;
  if (!action.foreseen_why.empty()) return action.foreseen_why;
  return action.because.empty() ? "" : action.because.front().text + place_of(action.because.front());
}

std::string row_of(const ShownAction& action) {
  return fmt::format("| {} | {} {} | {} | {} |\n", std::string(1, symbol_of(action).symbol), text_of(action.verb),
                     markdown_cell(action.title), markdown_cell(action.detail), markdown_cell(why_of(action)));
}

MarkdownSection fold(const std::string& title, const ActionGroup& actions) {
  MarkdownSection section{
      .before =
          fmt::format("\n<details><summary>{}: {}</summary>\n\n| | action | | why |\n|---|---|---|---|\n", title, actions.size()),
      .lines = {},
      .after = "\n</details>\n",
      .columns = 4};
  for (const ShownAction* action : actions) section.lines.push_back(row_of(*action));
  return section;
}

template <class Obstacles>
void add_obstacles(const std::string& title, const Obstacles& obstacles, std::vector<MarkdownSection>& sections) {
  if (obstacles.empty()) return;
  MarkdownSection section{.before = "\n### " + title + "\n\n", .lines = {}, .after = ""};
  for (const auto& one : obstacles) {
    section.lines.push_back(fmt::format("- {} {}: {}{}\n", text_of(one.verb), markdown_code(one.address.text),
                                        markdown_code(one.text), one.mend.empty() ? "" : "; hint: " + markdown_code(one.mend)));
  }
  sections.push_back(std::move(section));
}

void add_unknown(const ShownPlan& plan, bool untrusted, std::vector<MarkdownSection>& sections) {
  MarkdownSection section{
      .before = untrusted ? "\n### Untrusted peers: a human must look\n\n" : "\n### Unknown peers\n\n", .lines = {}, .after = ""};
  for (const auto& peer : plan.unknown) {
    if ((peer.code == Code::untrusted) == untrusted)
      section.lines.push_back(fmt::format("- {} {}: {}\n", markdown_code(peer.peer.text()), markdown_code(text_of(peer.code)),
                                          markdown_code(peer.text)));
  }
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

void add_removals(const ShownPlan& plan, std::vector<MarkdownSection>& sections) {
  MarkdownSection section{.before = "\n### Ended or removed\n\n", .lines = {}, .after = ""};
  for (const auto& action : plan.actions) {
    if (ends_something(action.verb) && !action.deferred)
      section.lines.push_back(fmt::format("- **{}** {}: {}\n", text_of(action.verb), markdown_code(action.address.text),
                                          markdown_code(why_of(action))));
  }
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

void add_notes(const ShownPlan& plan, std::vector<MarkdownSection>& sections) {
  if (plan.notes.empty()) return;
  MarkdownSection section{.before = fmt::format("\n<details><summary>Notes: {}</summary>\n\n", plan.notes.size()),
                          .lines = {},
                          .after = "\n</details>\n"};
  for (const auto& note : plan.notes)
    section.lines.push_back(
        fmt::format("- {} {}: {}\n", text_of(note.code), markdown_code(note.address), markdown_code(note.text)));
  sections.push_back(std::move(section));
}

void add_failures(const apply::Account& account, std::vector<MarkdownSection>& sections) {
  MarkdownSection section{.before = "\n### Failed\n\n", .lines = {}, .after = ""};
  for (const auto& result : account.failed) {
    const auto* const failed = std::get_if<Failed>(&result.outcome);
    section.lines.push_back(fmt::format("- {} {}: {}\n", text_of(result.verb), markdown_code(io::printable(result.address.text)),
                                        failed ? markdown_code(io::printable(failed->text)) : ""));
  }
  if (account.fatal)
    section.lines.push_back(fmt::format("- the run ended early: {}\n", markdown_code(io::printable(account.fatal->what()))));
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

void add_plan(const ShownPlan& plan, std::vector<MarkdownSection>& sections) {
  add_unknown(plan, true, sections);
  add_removals(plan, sections);
  add_obstacles("Held", plan.held, sections);
  add_obstacles("Blocked", plan.blocked, sections);
  add_unknown(plan, false, sections);
  const ActionGroups groups = groups_of(plan);
  for (const auto& [peer, actions] : groups.of_peers) sections.push_back(fold("From " + peer, actions));
  if (!groups.own.empty()) sections.push_back(fold("Here", groups.own));
  if (!groups.deferred.empty()) sections.push_back(fold("Deferred, beyond a limit", groups.deferred));
  add_notes(plan, sections);
}

/// A comment of HTML; `what`: "plan", "apply".
std::string marker_of(std::string_view what, const std::string& manifest) {
  std::string name;
  for (const char c : manifest) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '_';
    name += plain ? c : '_';  // "--" would end the comment
  }
  return fmt::format("<!-- ingot {} of {} -->\n", what, name);
}

}  // namespace

std::string markdown_marker(const std::string& manifest) { return marker_of("plan", manifest); }

std::string plan_markdown(const ShownPlan& plan) {
  std::string head = markdown_marker(plan.manifest_path);
  head += fmt::format("## Plan of {}\n\n**{}**\n\nPlan `{}`, manifest {}\n", plan.server.text(),
                      plan_summary(plan, plan.base ? markdown_code(plan.base->revision) : ""), plan.id.text(),
                      markdown_code(plan.manifest_path));
  std::vector<MarkdownSection> sections;
  add_plan(plan, sections);
  return fitted_markdown(head, std::move(sections));
}

std::string applied_markdown(const ShownPlan& plan, const apply::Account& account, const std::string& summary,
                             const std::string& run) {
  std::string head = marker_of("apply", plan.manifest_path);
  head += fmt::format("## Applied to {}\n\n**{}**\n\nRun `{}` of plan `{}`, manifest {}\n", plan.server.text(), summary, run,
                      plan.id.text(), markdown_code(plan.manifest_path));
  std::vector<MarkdownSection> sections;
  add_failures(account, sections);
  add_plan(plan, sections);
  return fitted_markdown(head, std::move(sections));
}

std::string valid_markdown(const std::string& text, const std::string& manifest) {
  return markdown_marker(manifest) + markdown_code(text) + "\n";
}

std::string failure_markdown(const std::vector<Annotation>& annotations, const std::string& manifest) {
  const std::string head = markdown_marker(manifest) + fmt::format("## No plan of {}\n", markdown_code(manifest));
  MarkdownSection section{.before = "\n", .lines = {}, .after = ""};
  for (const auto& one : annotations) {
    const std::string place = one.file.empty() ? "" : one.line > 0 ? fmt::format("{}:{}", one.file, one.line) : one.file;
    section.lines.push_back(fmt::format("- {} {}: {}\n", markdown_code(place), one.code, markdown_code(one.text)));
  }
  return fitted_markdown(head, {std::move(section)});
}

}  // namespace ingot::show
